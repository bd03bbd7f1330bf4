#include "fork_server_child.hpp"
#include "base/detail/blocked_signals.hpp"

#include <csignal>
#include <initializer_list>
#include <optional>

namespace ringlet::detail {

namespace {

void leave_stopping_to_parent() noexcept {
    struct sigaction do_nothing {};
    do_nothing.sa_handler = [](int /*number*/) {};
    do_nothing.sa_flags = SA_RESTART;
    for (const int number : {SIGINT, SIGTERM}) {
        struct sigaction current {};
        if (::sigaction(number, nullptr, &current) == 0 && current.sa_handler == SIG_DFL)
            ::sigaction(number, &do_nothing, nullptr);
    }
}

}  // namespace

child_process fork_server_child(const std::function<int()>& body, const std::vector<int>& keep) {
    std::optional<blocked_signals> signals_guard(std::in_place);
    return child_process::fork(
        [&] {
            leave_stopping_to_parent();
            signals_guard.reset();  // in the child; a signal that came before does nothing now
            return body();
        },
        keep);
}

}  // namespace ringlet::detail
