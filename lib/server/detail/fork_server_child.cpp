#include "fork_server_child.hpp"
#include "base/detail/blocked_signals.hpp"

#include <csignal>
#include <initializer_list>
#include <optional>

namespace ringlet::detail {

namespace {

void leave_stopping_to_parent() noexcept {
    struct sigaction nothing {};
    nothing.sa_handler = [](int /*number*/) {};
    nothing.sa_flags = SA_RESTART;
    for (const int number : {SIGINT, SIGTERM}) {
        struct sigaction now {};
        if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
            ::sigaction(number, &nothing, nullptr);
    }
}

}  // namespace

child_process fork_server_child(const std::function<int()>& body, const std::vector<int>& keep) {
    std::optional<blocked_signals> undisturbed(std::in_place);
    return child_process::fork(
        [&] {
            leave_stopping_to_parent();
            undisturbed.reset();  // in the child; one that came before does nothing now
            return body();
        },
        keep);
}

}  // namespace ringlet::detail
