#include "child_process.hpp"
#include "cancellable.hpp"
#include "captured_stderr.hpp"
#include "catch.hpp"
#include "descriptor_limit.hpp"
#include "forked_child.hpp"
#include "in_time.hpp"
#include "run_without_leak.hpp"
#include "scripted_stand_in.hpp"
#include "under_sanitizer.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/server/child_process.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace tests::server_child_process {

using namespace std::chrono_literals;
using ringlet::exit_status;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::joinable_task_group;
using process = ringlet::child_process;

namespace {

/// A body that never ends by itself.
int sleep_for_ever() {
    for (;;)
        ::pause();
}

/// A body that ends the child by `number`, without a core dump or a report of Catch2's.
auto killed_by(int number) {
    return [=]() -> int {
        const rlimit no_core{0, 0};
        ::setrlimit(RLIMIT_CORE, &no_core);
        std::signal(number, SIG_DFL);
        std::raise(number);
        return 0;
    };
}

/// Whether this process has a child `pid`, be it a zombie.
bool is_child(pid_t pid) {
    siginfo_t end{};
    return ::waitid(P_PID, static_cast<id_t>(pid), &end, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/// Waits until the child has ended, without taking its status.
void await_end(const process& child) {
    siginfo_t end{};
    ::waitid(P_PID, static_cast<id_t>(child.pid()), &end, WEXITED | WNOWAIT);
}

task<> store_status(process& child, std::optional<exit_status>& status, std::error_code& error) {
    const exit_status seen = co_await child.wait(error);
    if (!error)
        status = seen;
}

/// What a signal does, here and in children, while one of these lives.
class disposition {
public:
    disposition(int number, void (*wanted)(int))
        : number_(number), before_(std::signal(number, wanted)) {}
    disposition(const disposition&) = delete;
    disposition& operator=(const disposition&) = delete;
    ~disposition() { std::signal(number_, before_); }

private:
    int number_;
    void (*before_)(int);
};

}  // namespace

TEST_CASE("a child's status is what its body returns", "[server]") {
    const int code = GENERATE(0, 72, 255);
    run_without_leak([=](loop&) -> task<> {
        process child = process::fork([=] { return code; });
        CHECK(child.pid() > 0);
        CHECK(child.pending());
        const exit_status status = co_await child.wait();
        CHECK(status == exit_status::exited(code));
        CHECK_FALSE(child.pending());
        CHECK_FALSE(is_child(child.pid()));
        const exit_status again = co_await child.wait();
        CHECK(again == status);
    });
}

TEST_CASE("a child that a signal killed has its number for a status", "[server]") {
    const int number = GENERATE(SIGSEGV, SIGABRT, SIGKILL, SIGTERM);
    run_without_leak([=](loop&) -> task<> {
        process child = process::fork(killed_by(number));
        const exit_status status = co_await child.wait();
        CHECK(status == exit_status::signalled(number));
    });
}

TEST_CASE("a body that throws ends its child with status 1 and a line on stderr", "[server]") {
    const captured_stderr errors;
    const bool standard = GENERATE(true, false);
    run_without_leak([&](loop&) -> task<> {
        process child = process::fork([=]() -> int {
            if (standard)
                throw std::runtime_error("no more coffee");
            throw 3;
        });
        const exit_status status = co_await child.wait();
        CHECK(status == exit_status::exited(1));
        CHECK(errors.text() ==
              "ringlet: child process " + std::to_string(child.pid()) +
                  (standard ? ": no more coffee\n" : ": an exception that is no std::exception\n"));
    });
}

TEST_CASE("a child that has ended before it is waited for has kept its status", "[server]") {
    run_without_leak([](loop&) -> task<> {
        process child = process::fork([] { return 5; });
        await_end(child);
        const exit_status status = co_await child.wait();
        CHECK(status == exit_status::exited(5));
    });
}

TEST_CASE("children are waited for at the same time, and end in their own order", "[server]") {
    run_without_leak([](loop&) -> task<> {
        auto [read, write] = pipe_end::make_pair();
        process slow = process::fork([&, &from = read, &to = write] {
            to.close();
            char byte = 0;
            return ::read(from.native_handle(), &byte, 1) == 0 ? 1 : 9;
        });
        process quick = process::fork([] { return 2; });
        std::optional<exit_status> slow_status;
        std::optional<exit_status> same_status;
        std::error_code error;
        joinable_task_group group;
        group.spawn(store_status(slow, slow_status, error));
        group.spawn(store_status(slow, same_status, error));
        const exit_status quick_status = co_await quick.wait();
        CHECK(quick_status == exit_status::exited(2));
        CHECK_FALSE(slow_status.has_value());
        write.close();
        co_await group.join();
        CHECK(slow_status == exit_status::exited(1));
        CHECK(same_status == exit_status::exited(1));
    });
}

TEST_CASE("cancelling a wait leaves the child as it is, to be waited for again", "[server]") {
    const disposition plain(SIGTERM, SIG_DFL);  // rather than Catch2's
    run_without_leak([](loop&) -> task<> {
        process child = process::fork(sleep_for_ever);
        std::string said;
        try {
            co_await ringlet::with_timeout(1ms, child.wait());
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::timed_out);
            said = error.what();
        }
        CHECK(said.find("child_process::wait") == 0);
        {
            ringlet::cancel_scope cancelled;
            cancelled.cancel();
            std::error_code error;
            const exit_status none = co_await child.wait(error);
            CHECK(error == std::errc::operation_canceled);
            CHECK_FALSE(none.known());
        }
        CHECK(child.pending());
        CHECK(is_child(child.pid()));
        child.kill();
        const exit_status status = co_await child.wait();
        CHECK(status == exit_status::signalled(SIGTERM));
    });
}

TEST_CASE("a wait that is cancelled as the child ends loses nothing", "[server]") {
    run_without_leak([](loop&) -> task<> {
        for (int round = 0; round < 30; ++round) {
            process child = process::fork(sleep_for_ever);
            ringlet::cancel_scope* scope = nullptr;
            std::optional<exit_status> status;
            std::error_code error;
            joinable_task_group group;
            group.spawn(cancellable(scope, store_status(child, status, error)));
            if (round % 3 == 0)
                scope->cancel();
            child.kill(SIGKILL);
            await_end(child);
            if (round % 3 == 1)
                scope->cancel();
            co_await group.join();
            CHECK(status.has_value() != static_cast<bool>(error));
            const exit_status last = co_await child.wait();
            CHECK(last == exit_status::signalled(SIGKILL));
        }
    });
}

TEST_CASE("signals reach the child, and none after its end", "[server]") {
    run_without_leak([](loop&) -> task<> {
        process child = process::fork(sleep_for_ever);
        int refused = 0;
        try {
            child.kill(1000);
        } catch (const std::system_error& error) {
            refused = error.code().value();
            CHECK(std::string(error.what()).find("pidfd_send_signal") == 0);
        }
        CHECK(refused == EINVAL);
        child.kill(SIGKILL);
        await_end(child);
        child.kill();
        const exit_status status = co_await child.wait();
        CHECK(status == exit_status::signalled(SIGKILL));
        child.kill();
    });
}

TEST_CASE("a child that nobody has waited for ends with its object", "[server]") {
    const std::size_t open_before = open_descriptors();
    pid_t first = 0;
    pid_t second = 0;
    {
        process child = process::fork(sleep_for_ever);
        first = child.pid();
        child = process::fork(sleep_for_ever);
        CHECK_FALSE(is_child(first));
        second = child.pid();
        const process moved = std::move(child);
        CHECK_FALSE(child.pending());  // NOLINT(bugprone-use-after-move): what is tested
        CHECK(is_child(second));
    }
    CHECK_FALSE(is_child(second));
    CHECK(open_descriptors() == open_before);
}

TEST_CASE("other children of the program are left to it", "[server]") {
    run_without_leak([](loop&) -> task<> {
        const pid_t foreign = ::fork();
        if (foreign == 0)
            ::_exit(33);
        process child = process::fork([] { return 0; });
        const exit_status status = co_await child.wait();
        CHECK(status.success());
        { const process another = process::fork(sleep_for_ever); }
        int foreign_status = 0;
        CHECK(::waitpid(foreign, &foreign_status, 0) == foreign);
        CHECK(WIFEXITED(foreign_status));
        CHECK(WEXITSTATUS(foreign_status) == 33);
    });
}

TEST_CASE("a status that someone else has taken is unknown", "[server]") {
    run_without_leak([](loop&) -> task<> {
        process child = process::fork([] { return 3; });
        CHECK(::waitpid(child.pid(), nullptr, 0) == child.pid());
        const exit_status status = co_await child.wait();
        CHECK_FALSE(status.known());
        CHECK_FALSE(child.pending());
    });
}

TEST_CASE("where SIGCHLD is ignored the end is heard of all the same", "[server]") {
    const disposition ignored(SIGCHLD, SIG_IGN);
    run_without_leak([](loop&) -> task<> {
        auto [read, write] = pipe_end::make_pair();
        process waited = process::fork([&from = read, &to = write] {
            to.close();
            char byte = 0;
            return static_cast<int>(::read(from.native_handle(), &byte, 1));
        });
        std::optional<exit_status> status;
        std::error_code error;
        joinable_task_group group;
        group.spawn(store_status(waited, status, error));
        write.close();
        co_await group.join();
        REQUIRE(status.has_value());
        CHECK_FALSE(status->known());
        { const process killed = process::fork(sleep_for_ever); }
        for (int round = 0; round < 20; ++round) {  // some have gone before there is a descriptor
            process brief = process::fork([] { return 0; });
            const exit_status none = co_await brief.wait();
            CHECK_FALSE(none.known());
        }
    });
}

TEST_CASE("two hundred children leave neither a descriptor nor a zombie", "[server]") {
    run_without_leak([](loop&) -> task<> {
        for (int i = 0; i < 200; ++i) {
            process child = process::fork([=] { return i; });
            const exit_status status = co_await child.wait();
            CHECK(status == exit_status::exited(i));
        }
    });
    siginfo_t end{};
    CHECK(::waitid(P_ALL, 0, &end, WEXITED | WNOHANG) == -1);
    CHECK(errno == ECHILD);
}

TEST_CASE("without a descriptor to spare there is no child", "[server]") {
    const std::size_t open_before = open_descriptors();
    int called = 0;
    {
        const descriptor_limit none(0);
        try {
            const process child = process::fork([&] { return ++called; });
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::too_many_files_open);
            CHECK(std::string(error.what()).find("pidfd_open") == 0);
            ++called;
        }
    }
    CHECK(called == 1);
    CHECK(open_descriptors() == open_before);
}

TEST_CASE("where no process can be made the error names fork, and nothing is left", "[server]") {
    const child_end end = run_in_child([] {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0)  // whom the limit binds, unlike root
            return 7;
        const rlimit no_process{0, 0};
        ::setrlimit(RLIMIT_NPROC, &no_process);
        const std::size_t open_before = open_descriptors();
        try {
            const process child = process::fork([] { return 0; });
            return 1;
        } catch (const std::system_error& error) {
            if (error.code() != std::errc::resource_unavailable_try_again ||
                std::string(error.what()).find("fork") != 0)
                return 2;
        }
        sigset_t blocked;
        ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
        if (::sigismember(&blocked, SIGTERM) != 0)
            return 3;
        return open_descriptors() == open_before ? 0 : 4;
    });
    INFO(end.text);
    if (end.exited_with(7))
        SKIP("this user cannot become another, whom a limit binds for certain");
    CHECK(end.exited_with(0));
}

TEST_CASE("a child is made in any thread, and waited for in another", "[server]") {
    if (under_thread_sanitizer)
        SKIP("the thread sanitizer wants no threads where a process forks");
    process child =
        in_time([] { return process::fork([] { return loop::current() == nullptr ? 4 : 1; }); });
    run_coroutine([&]() -> task<> {
        const exit_status status = co_await child.wait();
        CHECK(status == exit_status::exited(4));
    });
}

TEST_CASE("a simulation refuses to fork", "[server]") {
    const scripted_stand_in simulation;
    CHECK_THROWS_AS(ringlet::child_process::fork([] { return 0; }), std::domain_error);
}

}  // namespace tests::server_child_process
