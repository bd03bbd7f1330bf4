#include "captured_stdout.hpp"
#include "catch.hpp"
#include "child_process.hpp"
#include "run_without_leak.hpp"
#include "under_sanitizer.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/offload.hpp>
#include <ringlet/coro/signal_set.hpp>
#include <ringlet/server/child_process.hpp>
#include <ringlet/server/detail/shutdown_signal.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace tests::server_child_isolation {

using ringlet::exit_status;
using ringlet::loop;
using ringlet::task;
using process = ringlet::child_process;

namespace {

task<> check_success(process child) {
    const exit_status status = co_await child.wait();
    INFO(status.to_string());
    CHECK(status.success());
}

bool readable(int fd) {
    pollfd polled{fd, POLLIN, 0};
    return ::poll(&polled, 1, 0) == 1;
}

/// A coroutine's frame, made in one process, for another.
task<int> sum(std::unique_ptr<int> one, std::unique_ptr<int> other) {
    co_return *one + *other;
}

}  // namespace

TEST_CASE("a child has no loop, makes one, and runs in it what was made in its parent's",
          "[server]") {
    run_without_leak([](loop&) -> task<> {
        task<int> request = sum(std::make_unique<int>(3), std::make_unique<int>(4));
        process child = process::fork([request = std::move(request)]() mutable {
            if (loop::current() != nullptr)
                return 1;
            loop own;
            return ringlet::block_on(own, std::move(request));
        });
        CHECK(loop::current() != nullptr);
        const exit_status status = co_await child.wait();
        CHECK(status == exit_status::exited(7));
    });
}

TEST_CASE("what is on its way to stdout is printed once", "[server]") {
    const captured_stdout output;
    std::fputs("before, ", stdout);
    std::cout << "too, ";
    run_without_leak([](loop&) -> task<> {
        co_await check_success(process::fork([] {
            std::fputs("child, ", stdout);
            std::cout << "too, ";
            return 0;
        }));
    });
    std::fputs("after", stdout);
    CHECK(output.text() == "before, too, child, too, after");
}

TEST_CASE("a child forks in its turn, and waits for its own children only", "[server]") {
    run_without_leak([](loop&) -> task<> {
        const process sibling = process::fork([] { return 1; });
        co_await check_success(process::fork([&] {
            return run_coroutine([&]() -> task<int> {
                if (sibling.pending())
                    co_return 2;
                process grandchild = process::fork([] { return 72; });
                const exit_status status = co_await grandchild.wait();
                co_return status == exit_status::exited(72) ? 0 : 3;
            });
        }));
    });
}

TEST_CASE("a sibling's object can end in a child and changes nothing", "[server]") {
    run_without_leak([](loop&) -> task<> {
        auto alive = pipe_end::make_pair();
        std::optional<process> sibling(process::fork([&] {
            alive.second.close();
            char byte = 0;
            return static_cast<int>(::read(alive.first.native_handle(), &byte, 1));
        }));
        co_await check_success(process::fork([&] {
            sibling->kill(SIGKILL);
            sibling.reset();
            return 0;
        }));
        alive.second.close();
        co_await check_success(std::move(*sibling));
    });
}

TEST_CASE("no signal is lost between a parent's signal_set and its child", "[server]") {
    run_without_leak([](loop&) -> task<> {
        const ringlet::signal_set parents(SIGUSR1);
        for (int round = 0; round < 100; ++round) {
            process child = process::fork([]() -> int {
                for (;;)
                    ::pause();
            });
            child.kill(SIGUSR1);
            const exit_status status = co_await child.wait();
            CHECK(status == exit_status::signalled(SIGUSR1));
        }
    });
}

TEST_CASE("a child blocks the signals that its parent blocks, and no others", "[server]") {
    run_without_leak([](loop&) -> task<> {
        sigset_t blocked;
        sigset_t before;
        ::sigemptyset(&blocked);
        ::sigaddset(&blocked, SIGUSR2);
        ::pthread_sigmask(SIG_SETMASK, &blocked, &before);
        const auto blocks_the_same = [] {
            sigset_t now;
            ::pthread_sigmask(SIG_BLOCK, nullptr, &now);
            for (int number = 1; number < SIGRTMIN; ++number)
                if (::sigismember(&now, number) != static_cast<int>(number == SIGUSR2))
                    return number;
            return 0;
        };
        process child = process::fork(blocks_the_same);
        CHECK(blocks_the_same() == 0);
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        co_await check_success(std::move(child));
    });
}

TEST_CASE("a child offloads what blocks to threads of its own", "[server]") {
    if (under_thread_sanitizer)
        SKIP("the thread sanitizer wants no threads in a forked child");
    run_without_leak([](loop&) -> task<> {
        const auto offload = []() -> task<int> {
            co_return co_await ringlet::offload([] { return 0; });
        };
        co_await offload();
        co_await check_success(process::fork([&] { return run_coroutine(offload); }));
    });
}

TEST_CASE("a shutdown asked for in a child goes nowhere, not to who has its descriptor's number",
          "[server]") {
    run_without_leak([](loop&) -> task<> {
        ringlet::detail::shutdown_signal parents;
        co_await check_success(process::fork([&, number = parents.native_handle()] {
            const auto pipe = pipe_end::make_pair();
            if (::fcntl(pipe.second.native_handle(), F_DUPFD, number) != number)
                return 1;
            parents.request({});
            return readable(pipe.first.native_handle()) ? 2 : 0;
        }));
        CHECK_FALSE(parents.requested());
        CHECK_FALSE(readable(parents.native_handle()));
    });
}

TEST_CASE("a child learns that its parent has gone", "[server]") {
    auto told = pipe_end::make_pair();
    const auto tell = [&] {
        return static_cast<int>(::write(told.second.native_handle(), "x", 1));
    };
    const auto hear = [&] {
        pollfd polled{told.first.native_handle(), POLLIN, 0};
        char byte = 0;
        return ::poll(&polled, 1, static_cast<int>(time_limit.count()) * 1000) == 1 &&
               ::read(told.first.native_handle(), &byte, 1) == 1;
    };
    run_without_leak([&](loop&) -> task<> {
        const auto outlive_parent = [&]() -> task<int> {
            tell();
            co_await process::parent_gone();
            co_return tell();
        };
        process parent = process::fork([&]() -> int {
            const process orphan = process::fork([&] { return run_coroutine(outlive_parent); });
            for (;;)
                ::pause();
        });
        CHECK(hear());
        CHECK_FALSE(readable(told.first.native_handle()));
        parent.kill(SIGKILL);
        const exit_status status = co_await parent.wait();
        CHECK(status == exit_status::signalled(SIGKILL));
    });
    CHECK(hear());
}

TEST_CASE("a wait for the parent's end stores that it was cancelled", "[server]") {
    run_without_leak([](loop&) -> task<> {
        const auto wait_cancelled = []() -> task<int> {
            ringlet::cancel_scope scope;
            scope.cancel();
            std::error_code error;
            co_await process::parent_gone(error);
            co_return error == std::errc::operation_canceled ? 7 : 1;
        };
        process child = process::fork([&] { return run_coroutine(wait_cancelled); });
        const exit_status status = co_await child.wait();
        CHECK(status == exit_status::exited(7));
    });
}

TEST_CASE("who has no parent to wait for is told so", "[server]") {
    CHECK_THROWS_AS(process::parent_gone(), std::logic_error);
    run_without_leak([](loop&) -> task<> {
        CHECK_THROWS_AS(process::parent_gone(), std::logic_error);
        co_return;
    });
}

}  // namespace tests::server_child_isolation
