#include "catch.hpp"
#include "forked_child.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/signal_set.hpp>

#include <csignal>

namespace tests::coro_inherited_signals {

using ringlet::signal_set;
using ringlet::task;

TEST_CASE("a signal that the program's launcher has left blocked is awaited all the same",
          "[coro]") {
    const auto blocked = [](int number) {
        sigset_t mask;
        ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
        return ::sigismember(&mask, number) == 1;
    };
    const child_end end = run_in_child([&] {
        sigset_t all;
        ::sigfillset(&all);
        ::sigdelset(&all, SIGALRM);  // which ends a child that hangs
        ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
        std::raise(SIGTERM);  // one that came before is not lost
        {
            signal_set first(SIGTERM);
            signal_set second(SIGTERM, SIGUSR1);
            const int early =
                run_coroutine([&]() -> task<int> { co_return co_await first.wait(); });
            std::raise(SIGUSR1);
            const int late =
                run_coroutine([&]() -> task<int> { co_return co_await second.wait(); });
            if (early != SIGTERM || late != SIGUSR1 || blocked(SIGTERM) || blocked(SIGUSR1))
                return 1;
        }
        std::raise(SIGTERM);  // does not end the child, which blocks it again
        return blocked(SIGTERM) && blocked(SIGUSR1) ? 0 : 2;
    });
    INFO(end.text);
    CHECK(end.exited_with(0));
}

}  // namespace tests::coro_inherited_signals
