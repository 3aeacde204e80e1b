// Errors as values. Everything that the world can make fail returns Result<T>; what only a bug can
// cause is a CHECK (check.h). The member names are those of std::expected, which may replace it.
//
//   Result<Plan> plan(Text text) {
//     auto parsed = TRY(parse(text));                    // returns the error to the caller
//     TRY(store.lock().within("planning " + name));      // adds context on the way up
//     return Plan{std::move(parsed)};
//   }
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/check.h"

namespace shoal {

// Each code is a different action for the caller, and the list is closed: one table maps it to exit
// codes (below), one to HTTP, one to the C API.
enum class Code {
  invalid_argument,   // the caller's input is wrong; repeating it is useless
  not_found,          // the named thing does not exist
  already_exists,     // the named thing exists and must not be replaced
  out_of_memory,      // does not fit the memory that may be used
  busy,               // full for now; retry later
  cancelled,          // the caller asked for it
  deadline_exceeded,  // ran out of its time
  unavailable,        // a server, a source or a worker cannot be reached now
  engine_failed,      // an engine gave an error or died
  refused,            // a policy forbids it
  checks_failed,      // there is an answer, but it failed its checks
  unsupported,        // understood, but not something this build, model or system can do
  internal,           // a bug of ours
};

std::string_view code_name(Code code);
std::optional<Code> code_from_name(std::string_view name);

// The exit code of a program that ends with this error.
int exit_status(Code code);

// What happened, to which thing, and what to do.
class [[nodiscard]] Error {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  Code code() const { return code_; }
  std::string const& message() const { return message_; }

  // The same error with `context` in front: "context: message".
  Error within(std::string_view context) &&;

  friend bool operator==(Error const&, Error const&) = default;

 private:
  Code code_;
  std::string message_;
};

template <typename T> class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}
  // Lets a unique_ptr<Derived> or a string literal become the value, as with std::expected.
  template <typename U>
  requires(std::is_convertible_v<U&&, T> && !std::is_same_v<std::remove_cvref_t<U>, T> &&
           !std::is_same_v<std::remove_cvref_t<U>, Error> && !std::is_same_v<std::remove_cvref_t<U>, Result>)
      Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return require_value(), std::get<0>(state_); }
  T const& value() const& { return require_value(), std::get<0>(state_); }
  // By value, so that `for (auto& each : f().value())` does not loop over what is gone.
  T value() && { return require_value(), std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  T const& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  T const* operator->() const { return &value(); }

  Error& error() & { return require_error(), std::get<1>(state_); }
  Error const& error() const& { return require_error(), std::get<1>(state_); }
  Error&& error() && { return require_error(), std::get<1>(std::move(state_)); }

  T value_or(T fallback) && { return has_value() ? std::get<0>(std::move(state_)) : std::move(fallback); }

  Result within(std::string_view context) && {
    if (has_value()) return std::move(*this);
    return std::get<1>(std::move(state_)).within(context);
  }

 private:
  void require_value() const {
    if (!has_value()) detail::check_failed("has_value()", std::get<1>(state_).message());
  }
  void require_error() const { CHECK(!has_value()); }

  std::variant<T, Error> state_;
};

template <> class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  void value() const {
    if (error_) detail::check_failed("has_value()", error_->message());
  }

  Error& error() & { return CHECK(error_.has_value()), *error_; }
  Error const& error() const& { return CHECK(error_.has_value()), *error_; }
  Error&& error() && { return CHECK(error_.has_value()), std::move(*error_); }

  Result within(std::string_view context) && {
    if (has_value()) return {};
    return std::move(*error_).within(context);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace shoal

// The value of an expression that gives a Result, or its error returned from the enclosing function.
#define TRY(...) SHOAL_TRY_(SHOAL_TRY_NAME_(__COUNTER__), __VA_ARGS__)
#define SHOAL_TRY_NAME_(number) SHOAL_TRY_JOIN_(shoal_try_, number)
#define SHOAL_TRY_JOIN_(prefix, number) prefix##number
#define SHOAL_TRY_(result, ...)                    \
  ({                                               \
    auto result = (__VA_ARGS__);                   \
    if (!result) return std::move(result).error(); \
    std::move(result).value();                     \
  })
