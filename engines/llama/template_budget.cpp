#include "engines/llama/template_budget.h"

#include <sys/resource.h>

#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace shoal::llama_engine {
namespace {

// Templates of today's models have about 300 tags, the longest with some 100 tokens; a conversation of 1,000
// messages takes some 20,000 steps.
constexpr int kMostTags = 2000;
constexpr int kMostTokensOfATag = 2000;
constexpr int kDeepestBrackets = 100;
constexpr int kLongestSigns = 100;
constexpr int kMostSteps = 200'000;
constexpr std::int64_t kLongestRange = 10'000;
constexpr std::int64_t kLargestFactor = 1'000'000;
constexpr std::chrono::seconds kLongest{2};
constexpr std::uintptr_t kDeepestStack = 1u << 20;
constexpr std::int64_t kMostKilobytes = 512 << 10;

thread_local TemplateBudget* current = nullptr;

std::int64_t peak_kilobytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

jinja::value bounded_range(jinja::func_args const& args) {
  std::int64_t numbers[3] = {0, 0, 1};
  auto const& given = args.get_args();
  for (std::size_t i = 0; i < given.size() && i < 3; ++i)
    numbers[given.size() == 1 ? 1 : i] = given[i]->as_int();
  auto const [first, end, step] = numbers;
  // In floating point: the difference of two 64-bit numbers may have 65 bits.
  auto const items =
      step == 0 ? 0.0 : (static_cast<double>(end) - static_cast<double>(first)) / static_cast<double>(step);
  if (items > static_cast<double>(kLongestRange)) throw std::runtime_error("a range of too many numbers");
  return jinja::global_builtins().at("range")(args);
}

// A factor of a product, which may be how often a text is repeated.
struct BoundFactor final : jinja::statement {
  explicit BoundFactor(jinja::statement_ptr given) : factor(std::move(given)) {}
  jinja::value execute_impl(jinja::context& context) const override {
    auto value = factor->execute(context);
    if (jinja::is_val<jinja::value_int>(value) && value->as_int() > kLargestFactor)
      throw std::runtime_error("a factor over " + std::to_string(kLargestFactor));
    return value;
  }

  jinja::statement_ptr factor;
};

// All below `statement`, and itself.
std::vector<jinja::statement*> all_of(jinja::statement& statement) {
  std::vector<jinja::statement*> found;
  jinja::context context;
  context.visitor = [&](bool, jinja::statement const* node, std::vector<jinja::visitor_pair> const& parts) {
    // The library shows its tree as constant; it is ours, and nobody runs it yet.
    found.push_back(const_cast<jinja::statement*>(node));
    for (auto const& [name, children] : parts) {
      for (auto const* child : children) {
        if (child) child->visit(context);
      }
    }
  };
  statement.visit(context);
  return found;
}

}  // namespace

class Counter final : public jinja::statement {
 public:
  jinja::value execute_impl(jinja::context&) const override {
    if (current) current->count();
    return jinja::mk_val<jinja::value_undefined>();
  }
};

class BoundRanges final : public jinja::statement {
 public:
  jinja::value execute_impl(jinja::context& context) const override {
    if (current) current->count();  // one that is spent begins no other program
    context.set_val("range", jinja::mk_val<jinja::value_func>("range", bounded_range));
    return jinja::mk_val<jinja::value_undefined>();
  }
};

namespace {

// A part of ours, whose errors are shown at `position` of the template.
template <typename Part, typename... Arguments>
std::unique_ptr<Part> part_at(std::size_t position, Arguments&&... arguments) {
  auto part = std::make_unique<Part>(std::forward<Arguments>(arguments)...);
  part->pos = position;
  return part;
}

// Not into an empty one: it may say that there is no such block.
template <typename... Bodies> void count_in(Bodies&... bodies) {
  for (auto* body : {&bodies...}) {
    if (!body->empty()) body->insert(body->begin(), part_at<Counter>(body->front()->pos));
  }
}

void bound(jinja::statement& statement) {
  if (auto* each = dynamic_cast<jinja::for_statement*>(&statement)) {
    each->body.insert(each->body.begin(), part_at<Counter>(each->pos));
    count_in(each->default_block);
  }
  if (auto* branch = dynamic_cast<jinja::if_statement*>(&statement))
    count_in(branch->body, branch->alternate);
  if (auto* macro = dynamic_cast<jinja::macro_statement*>(&statement)) count_in(macro->body);
  if (auto* call = dynamic_cast<jinja::call_statement*>(&statement)) count_in(call->body);
  if (auto* filter = dynamic_cast<jinja::filter_statement*>(&statement)) count_in(filter->body);
  if (auto* set = dynamic_cast<jinja::set_statement*>(&statement)) count_in(set->body);
  auto* product = dynamic_cast<jinja::binary_expression*>(&statement);
  if (!product || product->op.value != "*") return;
  for (auto* side : {&product->left, &product->right}) {
    auto const position = (*side)->pos;
    *side = part_at<BoundFactor>(position, std::move(*side));
  }
}

Error too_much(std::string const& what) {
  return Error(Code::unsupported, "the model's chat template " + what);
}

}  // namespace

Result<void> check_nesting(jinja::lexer_result const& lexed) {
  using Token = jinja::token;
  int tags = 0, tokens = 0, brackets = 0, signs = 0;
  for (auto const& token : lexed.tokens) {
    tokens += 1;
    bool const is_sign = token.t == Token::unary_operator || token.t == Token::additive_binary_operator ||
                         (token.t == Token::identifier && token.value == "not");
    signs = is_sign ? signs + 1 : 0;
    switch (token.t) {
      case Token::open_statement:
      case Token::open_expression:
        tags += 1;
        tokens = brackets = 0;
        break;
      case Token::open_paren:
      case Token::open_square_bracket:
      case Token::open_curly_bracket: brackets += 1; break;
      case Token::close_paren:
      case Token::close_square_bracket:
      case Token::close_curly_bracket: brackets -= 1; break;
      default: break;
    }
    if (tags > kMostTags) return too_much("has more than " + std::to_string(kMostTags) + " tags");
    if (tokens > kMostTokensOfATag)
      return too_much("has a tag of more than " + std::to_string(kMostTokensOfATag) + " words");
    if (brackets > kDeepestBrackets || signs > kLongestSigns)
      return too_much("nests its brackets too deeply");
  }
  return {};
}

void add_bounds(jinja::program& program) {
  for (auto& statement : program.body) {
    for (auto* each : all_of(*statement)) bound(*each);
  }
  program.body.insert(program.body.begin(), part_at<BoundRanges>(0));
}

TemplateBudget::TemplateBudget()
    : outer_(std::exchange(current, this)),
      end_(std::chrono::steady_clock::now() + kLongest),
      stack_(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0))),
      peak_kilobytes_(peak_kilobytes()) {}

TemplateBudget::~TemplateBudget() { current = outer_; }

void TemplateBudget::count() {
  if (spent_.empty()) {
    auto const here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    if (++steps_ > kMostSteps || std::chrono::steady_clock::now() > end_) spent_ = "does not come to an end";
    if (stack_ - here > kDeepestStack) spent_ = "calls itself too deeply";
    if (peak_kilobytes() - peak_kilobytes_ > kMostKilobytes) spent_ = "takes too much memory";
  }
  if (!spent_.empty()) throw std::runtime_error(spent_);
}

}  // namespace shoal::llama_engine
