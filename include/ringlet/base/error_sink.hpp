#pragma once

#include <concepts>
#include <string>
#include <system_error>

namespace ringlet {

/// Says what becomes of the error of one call: it is thrown as std::system_error, or it is stored
/// in a std::error_code of the caller's, which a success clears. It is the last parameter of every
/// function that can fail in both ways:
///
///     co_await client.send_all(reply);           // throws
///     co_await client.send_all(reply, error);    // stores the error in `error`
///
/// A program passes its std::error_code and never names this class, except in functions of its own
/// that pass the sink on.
///
/// Lifetime: a sink refers to the std::error_code, which lasts until the call, and the await, is
/// over. A copy of the sink refers to that std::error_code too.
class error_sink {
public:
    /// A sink that throws every error; `throws` is one.
    constexpr explicit error_sink() noexcept = default;

    /// A sink that stores every error in `error`. A std::error_code converts by itself.
    constexpr error_sink(std::error_code& error) noexcept : error_(&error) {}

    /// Whether errors are stored, rather than thrown.
    [[nodiscard]] constexpr bool stores() const noexcept { return error_ != nullptr; }

    /// Clears the std::error_code, if the sink has one: the call has succeeded.
    void clear() const noexcept {
        if (stores())
            error_->clear();
    }

    /// Reports how a call has ended. A sink that stores errors stores `outcome`, a success too. A
    /// sink that throws throws std::system_error if `outcome` is an error; `operation` names the
    /// call in the exception's text.
    void report(std::error_code outcome, const char* operation) const;

    /// Reports how a call has ended. A sink that stores errors stores `outcome`, a success too. A
    /// sink that throws throws std::system_error if `outcome` is an error, with the text that
    /// `describe` yields, which is called only then.
    template <std::invocable Describe>
    void report(std::error_code outcome, const Describe& describe) const {
        if (stores())
            *error_ = outcome;
        else if (outcome)
            throw std::system_error(outcome, describe());
    }

    /// Reports an exception that the caller is handling: stores its code, or throws it on.
    void report_handled(const std::system_error& failure) const {
        if (!stores())
            throw;
        *error_ = failure.code();
    }

private:
    std::error_code* error_ = nullptr;
};

/// The sink that throws every error as std::system_error. A function has it as its default
/// argument, for calls that pass no std::error_code.
inline constexpr error_sink throws{};

}  // namespace ringlet
