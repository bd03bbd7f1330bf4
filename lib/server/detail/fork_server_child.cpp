#include "fork_server_child.hpp"
#include "base/detail/blocked_signals.hpp"
#include "base/detail/fork_hooks.hpp"
#include "base/detail/own_thread.hpp"

#include <array>
#include <csignal>
#include <optional>

namespace ringlet::detail {

namespace {

constexpr std::array stopping{SIGINT, SIGTERM};

// In this thread, from before a fork until after it.
thread_local std::optional<blocked_signals> guard_of_grandchild;

void do_nothing(int /*number*/) {}

bool has_effect(int number, void (*handler)(int)) noexcept {
    struct sigaction current {};
    return ::sigaction(number, nullptr, &current) == 0 && current.sa_handler == handler;
}

void leave_stopping_to_parent() noexcept {
    struct sigaction nothing {};
    nothing.sa_handler = do_nothing;
    nothing.sa_flags = SA_RESTART;
    allow_in_any_thread(do_nothing);
    for (const int number : stopping)
        if (has_effect(number, SIG_DFL))
            ::sigaction(number, &nothing, nullptr);
}

// A child of a server's child is none of the server's, which nobody else would stop. A signal that
// comes before this has been seen to has its effect afterwards.
void stop_as_others_do() noexcept {
    for (const int number : stopping)
        if (has_effect(number, do_nothing))
            std::signal(number, SIG_DFL);
    guard_of_grandchild.reset();
}

void notice_grandchildren() {
    static const fork_hooks hooks([] { guard_of_grandchild.emplace(); },
                                  [] { guard_of_grandchild.reset(); }, &stop_as_others_do);
}

}  // namespace

child_process fork_server_child(const std::function<int()>& body, const std::vector<int>& keep) {
    notice_grandchildren();
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
