#include <ringlet/net/detail/client_failure.hpp>
#include <ringlet/server/failure_cause.hpp>

#include <algorithm>
#include <array>

namespace ringlet {

namespace {

constexpr std::array errors_of_a_gone_peer{
    std::errc::connection_reset, std::errc::broken_pipe,      std::errc::connection_aborted,
    std::errc::not_connected,    std::errc::host_unreachable, std::errc::network_unreachable,
    std::errc::network_down,     std::errc::network_reset,    std::errc::connection_refused,
};

}  // namespace

failure_cause cause_of(std::error_code error) noexcept {
    if (error == std::errc::timed_out)
        return failure_cause::timed_out;
    if (error == std::errc::operation_canceled)
        return failure_cause::cancelled;
    const auto is_error = [error](std::errc condition) { return error == condition; };
    return std::ranges::any_of(errors_of_a_gone_peer, is_error) ? failure_cause::reset
                                                                : failure_cause::other;
}

failure_cause cause_of(const std::exception_ptr& exception) noexcept {
    try {
        if (exception)
            std::rethrow_exception(exception);
    } catch (const std::system_error& error) {
        return cause_of(error.code());
    } catch (...) {
        // The exception carries no error code.
    }
    return failure_cause::other;
}

bool caused_by_client(const std::exception_ptr& exception) noexcept {
    try {
        if (exception)
            std::rethrow_exception(exception);
    } catch (const detail::client_failure& failure) {
        const failure_cause cause = cause_of(failure.code());
        return cause == failure_cause::reset || cause == failure_cause::timed_out ||
               failure.code() == std::errc::protocol_error;
    } catch (...) {
        // It is of no operation on the client's stream.
    }
    return false;
}

}  // namespace ringlet
