#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/detail/operation_scope.hpp>
#include <ringlet/net/relay.hpp>

namespace ringlet {

void detail::throw_if_cancelled() {
    const operation_scope& scope = loop_core::require_current("relay").scope();
    if (scope.cancelled())
        throw std::system_error(scope.reason(), "relay");
}

bool detail::note_errors(relay_result& result, const transfer& forth,
                         const transfer& back) noexcept {
    const auto note = [](const transfer& course, std::error_code& from, std::error_code& to) {
        if (!course.error || course.error == std::errc::operation_canceled)
            return false;
        (course.sending ? to : from) = course.error;
        return true;
    };
    const bool forth_failed = note(forth, result.one_error, result.other_error);
    const bool back_failed = note(back, result.other_error, result.one_error);
    return forth_failed || back_failed;
}

}  // namespace ringlet
