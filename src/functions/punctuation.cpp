#include "functions/punctuation.h"

#include <string_view>

namespace shoal::functions {
namespace {

bool one_of(std::u32string_view set, char32_t c) { return set.find(c) != std::u32string_view::npos; }

}  // namespace

bool ends_sentence(char32_t c) { return one_of(U".!?…؟۔।。！？．｡", c); }
bool ends_clause(char32_t c) { return one_of(U",;:—–،؛，、；：", c); }
bool closes(char32_t c) { return one_of(U"\"')]}’”»›」』）】》〉］", c); }

}  // namespace shoal::functions
