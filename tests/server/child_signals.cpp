// Processes that are started in a handler, in the ways that programs and libraries do it, are
// stopped as those that are started elsewhere.

#include "catch.hpp"
#include "eventually.hpp"
#include "every_server.hpp"
#include "forked_child.hpp"
#include "run_coroutine.hpp"
#include "serving_thread.hpp"
#include "under_sanitizer.hpp"

#include <ringlet/coro/offload.hpp>
#include <ringlet/coro/signal_set.hpp>
#include <ringlet/server/child_process.hpp>

#include <sched.h>
#include <spawn.h>
#include <sys/prctl.h>

#include <csignal>

namespace tests::server_child_signals {

using ringlet::task;

namespace {

[[noreturn]] void pause_for_ever() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // where SIGTERM fails to end it, the test's end does
    for (;;)
        ::pause();
}

/// The signal that ends a process, after SIGTERM, and if that does not do it SIGKILL.
int signal_that_ends(pid_t process) {
    int status = 0;
    ::kill(process, SIGTERM);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (::waitpid(process, &status, WNOHANG) == 0)
        if (std::chrono::steady_clock::now() > deadline)
            ::kill(process, SIGKILL);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

pid_t start_by_fork() {
    const pid_t started = ::fork();
    if (started == 0)
        pause_for_ever();
    return started;
}

pid_t start_by_spawn() {
    std::string name = "sleep";
    std::string seconds = "100";
    const std::array<char*, 3> arguments{name.data(), seconds.data(), nullptr};
    pid_t started = -1;
    ::posix_spawnp(&started, "sleep", nullptr, nullptr, arguments.data(), environ);
    return started;
}

task<int> start_by_child_process() {
    auto child = ringlet::child_process::fork([]() -> int { pause_for_ever(); });
    child.kill(SIGTERM);
    const ringlet::cancel_scope limit(std::chrono::seconds(5));
    std::error_code error;
    const ringlet::exit_status status = co_await child.wait(error);
    co_return error ? SIGKILL : status.signal();
}

constexpr auto start_process = [](auto& client) -> task<> {
    const std::string way = co_await hear(client);
    int ended_by = 0;
    if (way == "child_process")
        ended_by = co_await start_by_child_process();
    else
        ended_by = signal_that_ends(way == "fork" ? start_by_fork() : start_by_spawn());
    co_await say(client, std::to_string(ended_by));
};

/// How SIGTERM does its work in the process that serves.
enum class stopping { by_default, by_signal_set };

std::vector<server_kind> every_kind_of_tcp() {
    std::vector<server_kind> all = every_kind_of_stream();
    std::erase_if(all, [](const server_kind& kind) { return kind.over != transport::tcp; });
    return all;
}

}  // namespace

TEST_CASE("what a handler of any kind of server starts is ended by SIGTERM", "[server]") {
    if (under_thread_sanitizer)
        SKIP("the thread sanitizer wants no threads in a forked child");
    const server_kind kind = GENERATE(from_range(every_kind_of_tcp()));
    const auto how = GENERATE(stopping::by_default, stopping::by_signal_set);
    const bool in_thread = GENERATE(false, true);
    CAPTURE(kind, how == stopping::by_default, in_thread);
    const any_server<> server(kind, start_process);
    const forked_child serving([&] {
        for (const int number : {SIGINT, SIGTERM})  // for which Catch2 has handlers
            std::signal(number, SIG_DFL);
        std::optional<ringlet::signal_set> noted;
        if (how == stopping::by_signal_set)
            noted.emplace(SIGTERM);
        if (!in_thread)
            server->serve_forever();
        serving_thread(*server).join();
        return 0;
    });
    for (const char* const way : {"fork", "spawn", "child_process"}) {
        CAPTURE(way);
        CHECK(server.ask(way) == std::to_string(SIGTERM));
    }
}

TEST_CASE("a process that is forked from a thread of a pool blocks what the program blocks",
          "[server]") {
    if (under_thread_sanitizer)
        SKIP("the thread sanitizer wants no threads where a process forks");
    const child_end end = run_in_child([] {
        std::signal(SIGTERM, [](int) {});  // of the program, and for none of ringlet's threads
        sigset_t blocked;
        ::sigemptyset(&blocked);
        ::sigaddset(&blocked, SIGUSR2);
        ::pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
        ringlet::thread_pool pool;
        const auto blocks = [](int number) {
            sigset_t mask;
            ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
            return ::sigismember(&mask, number) == 1;
        };
        const auto fork_and_look = [&] {
            if (!blocks(SIGTERM) || !blocks(SIGUSR2) || blocks(SIGINT))
                return 1;
            const pid_t child = ::fork();
            if (child == 0)
                ::_exit(blocks(SIGTERM) || blocks(SIGPIPE) || !blocks(SIGUSR2) ? 2 : 0);
            int status = 0;
            ::waitpid(child, &status, 0);
            return WEXITSTATUS(status);
        };
        std::signal(SIGINT, SIG_DFL);
        return run_coroutine(
            [&]() -> task<int> { co_return co_await ringlet::offload(pool, fork_and_look); });
    });
    INFO(end.text);
    CHECK(end.exited_with(0));
}

TEST_CASE("a process that is forked in a pinned worker runs on all CPUs", "[server]") {
    const auto cpus = [] {
        cpu_set_t allowed;
        ::sched_getaffinity(0, sizeof(allowed), &allowed);
        return CPU_COUNT(&allowed);
    };
    const auto tell_cpus = [=](ringlet::stream& client) -> task<> {
        auto child = ringlet::child_process::fork(cpus);
        const ringlet::exit_status status = co_await child.wait();
        co_await say(client, std::to_string(cpus()) + " " + std::to_string(status.code()));
    };
    ringlet::server_options options;
    options.concurrency = ringlet::concurrency::threads;
    options.pin_workers = true;
    ringlet::tcp_server server(ringlet::address("127.0.0.1", 0), tell_cpus, options);
    const serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).receive_all() == "1 " + std::to_string(cpus()));
}

}  // namespace tests::server_child_signals
