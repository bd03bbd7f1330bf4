// A child process for each connection: what becomes of it, and of the others.

#include "captured_log.hpp"
#include "captured_stderr.hpp"
#include "captured_stdout.hpp"
#include "check_awaited.hpp"
#include "descriptor_limit.hpp"
#include "forked_child.hpp"
#include "obedient_server.hpp"
#include "seccomp_filter.hpp"

#include <sys/wait.h>

#include <optional>
#include <vector>

namespace tests::server_fork_per_request {

using namespace std::chrono_literals;
using ringlet::forking_tcp_server;
using ringlet::server_options;
using ringlet::task;

namespace {

/// What the log says of a lost child with one request.
std::string loss(pid_t child, const std::string& status) {
    return "ringlet: a child process was lost level=error pid=" + std::to_string(child) +
           " status=\"" + status + "\" requests=1\n";
}

server_options impatient() {
    server_options options;
    options.drain_timeout = 20ms;
    options.kill_timeout = 30ms;
    return options;
}

}  // namespace

TEST_CASE("a client whose process is lost is the only one to suffer", "[server]") {
    const auto [command, status] = GENERATE(table<std::string, std::string>({
        {"die 11", "killed by signal 11 (Segmentation fault)"},
        {"die 6", "killed by signal 6 (Aborted)"},
        {"die 9", "killed by signal 9 (Killed)"},
        {"exit 72", "exited with status 72"},
        {"exit 0", "exited with status 0"},  // before its handler ended
    }));
    const captured_log log;
    with_obedient_server(
        {}, [&, &said = command, &how = status](forking_tcp_server& serving) -> task<> {
            commander before = co_await connect_to(serving);
            CHECK_AWAITED(co_await before.ask("hello"), "hello");
            commander client = co_await connect_to(serving);
            const pid_t child = co_await client.ask_pid();
            commander after = co_await connect_to(serving);
            CHECK_AWAITED(co_await after.ask("hello"), "hello");

            CHECK_AWAITED(co_await client.ask(said), "");
            co_await until([&] { return serving.counters().children_lost > 0; });
            CHECK_AWAITED(co_await before.ask("still"), "still");
            CHECK_AWAITED(co_await after.ask("here"), "here");
            co_await before.close();
            co_await after.close();
            co_await until([&] { return serving.counters().active == 0; });

            const ringlet::server_counters counts = serving.counters();
            CHECK(counts.accepted == 3);
            CHECK(counts.finished == 2);
            CHECK(counts.failed.child_lost == 1);
            CHECK(counts.failed.total() == 1);
            CHECK(counts.children_started == 3);
            CHECK(counts.children_lost == 1);
            CHECK(log.text() == loss(child, how));
        });
}

TEST_CASE("a handler that throws in its process loses none", "[server]") {
    const captured_stderr errors;
    with_obedient_server({}, [](forking_tcp_server& serving) -> task<> {
        commander client = co_await connect_to(serving);
        CHECK_AWAITED(co_await client.ask("throw a tantrum"), "");
        co_await client.close();
        co_await until([&] { return serving.counters().failed.other == 1; });
    });
    CHECK(errors.text().find("ringlet: a handler failed level=error client=127.0.0.1:") == 0);
    CHECK(errors.text().find(" error=\"a tantrum\"\n") != std::string::npos);
    CHECK(errors.text().find("lost") == std::string::npos);
}

TEST_CASE("a handler that hangs in its process is killed when its time is over", "[server]") {
    const captured_log log;
    pid_t child = 0;
    with_obedient_server(impatient(), [&](forking_tcp_server& serving) -> task<> {
        commander other = co_await connect_to(serving);
        CHECK_AWAITED(co_await other.ask("hello"), "hello");
        commander client = co_await connect_to(serving);
        child = co_await client.ask_pid();
        co_await client.say("hang");
        for (int i = 0; i < 10; ++i)
            CHECK_AWAITED(co_await other.ask("hello"), "hello");
        const auto begun = std::chrono::steady_clock::now();
        serving.shutdown();
        CHECK_AWAITED(co_await other.hear(), "");
        CHECK(std::chrono::steady_clock::now() - begun >= 20ms);
        CHECK_AWAITED(co_await client.hear(), "");
        CHECK(std::chrono::steady_clock::now() - begun >= 50ms);
        co_await until([&] { return serving.counters().active == 0; });
        CHECK(serving.counters().failed.cancelled == 1);
        CHECK(serving.counters().failed.child_lost == 1);
    });
    CHECK(log.text() == loss(child, "killed by signal 9 (Killed)"));
}

TEST_CASE("a process whose handler waits ends by itself when it is cancelled", "[server]") {
    const captured_stderr errors;
    server_options options;
    options.kill_timeout = 1h;
    with_obedient_server(options, [](forking_tcp_server& serving) -> task<> {
        commander client = co_await connect_to(serving);
        CHECK_AWAITED(co_await client.ask("hello"), "hello");
        co_await client.say("wait");
        serving.shutdown(0s);
        CHECK_AWAITED(co_await client.hear(), "");
        co_await until([&] { return serving.counters().active == 0; });
        CHECK(serving.counters().failed.cancelled == 1);
        CHECK(serving.counters().children_lost == 0);
    });
    CHECK(errors.text().empty());
}

TEST_CASE("cancelling who serves ends the processes too", "[server]") {
    const captured_log log;
    const leftovers nothing;
    run_coroutine([]() -> task<> {
        forking_tcp_server serving(ringlet::address("127.0.0.1", 0), obey, impatient());
        ringlet::detail::joinable_task_group group;
        group.spawn(serving.serve());
        commander idle = co_await connect_to(serving);
        CHECK_AWAITED(co_await idle.ask("hello"), "hello");
        commander hanging = co_await connect_to(serving);
        co_await hanging.ask_pid();
        co_await hanging.say("hang");
        group.cancel();
        co_await group.join();
        CHECK_FALSE(has_children());
        CHECK(serving.counters().failed.cancelled == 1);
        CHECK(serving.counters().failed.child_lost == 1);
    });
    nothing.check();
}

TEST_CASE("a server reaps no other children of the program", "[server]") {
    const captured_log log;
    const pid_t foreign = ::fork();
    if (foreign == 0)
        ::_exit(33);
    run_coroutine([]() -> task<> {
        forking_tcp_server serving(ringlet::address("127.0.0.1", 0), obey);
        ringlet::detail::joinable_task_group group;
        group.spawn(serving.serve());
        for (int i = 0; i < 5; ++i) {
            commander client = co_await connect_to(serving);
            CHECK_AWAITED(co_await client.ask("exit 72"), "");
        }
        co_await until([&] { return serving.counters().children_lost == 5; });
        serving.shutdown();
        co_await group.join();
    });
    int status = 0;
    CHECK(::waitpid(foreign, &status, 0) == foreign);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 33);
}

TEST_CASE("of all sockets a process has its own client's only", "[server]") {
    const std::string one = std::to_string(open_sockets() + 1);
    with_obedient_server({}, [&](forking_tcp_server& serving) -> task<> {
        std::vector<commander> clients;
        for (int i = 0; i < 5; ++i) {
            clients.push_back(co_await connect_to(serving));
            CHECK_AWAITED(co_await clients.back().ask("sockets"), one);
        }
    });
}

TEST_CASE("each side sees the end of a connection at once, whatever other processes there are",
          "[server]") {
    with_obedient_server({}, [](forking_tcp_server& serving) -> task<> {
        commander earlier = co_await connect_to(serving);
        CHECK_AWAITED(co_await earlier.ask("hello"), "hello");
        commander client = co_await connect_to(serving);
        CHECK_AWAITED(co_await client.ask("hello"), "hello");
        commander later = co_await connect_to(serving);
        CHECK_AWAITED(co_await later.ask("hello"), "hello");

        CHECK_AWAITED(co_await client.ask("leave"), "");
        CHECK(serving.counters().children_lost == 0);
        co_await client.close();
        co_await until([&] { return serving.counters().finished == 1; });
        co_await earlier.close();
        co_await until([&] { return serving.counters().finished == 2; });
        CHECK_AWAITED(co_await later.ask("still"), "still");
    });
}

TEST_CASE("a shutdown in a handler's process stops the server, once the others are done",
          "[server]") {
    const leftovers nothing;
    run_coroutine([]() -> task<> {
        forking_tcp_server serving(ringlet::address("127.0.0.1", 0), obey);
        ringlet::detail::joinable_task_group group;
        group.spawn(serving.serve());
        commander other = co_await connect_to(serving);
        CHECK_AWAITED(co_await other.ask("hello"), "hello");
        commander client = co_await connect_to(serving);
        CHECK_AWAITED(co_await client.ask("shutdown"), "shutdown");
        co_await client.close();
        CHECK_AWAITED(co_await other.ask("still"), "still");
        co_await other.close();
        co_await group.join();
        CHECK(serving.counters().finished == 2);
        CHECK_FALSE(has_children());
    });
    nothing.check();
}

TEST_CASE("what a handler prints in its process is printed once", "[server]") {
    const captured_stdout output;
    std::cout << "before, ";
    with_obedient_server({}, [](forking_tcp_server& serving) -> task<> {
        commander client = co_await connect_to(serving);
        CHECK_AWAITED(co_await client.ask("print meanwhile, "), "print meanwhile, ");
        co_await client.close();
        co_await until([&] { return serving.counters().finished == 1; });
    });
    std::cout << "after" << std::flush;
    CHECK(output.text() == "before, meanwhile, after");
}

TEST_CASE("what a process counts is seen while it lives, and after", "[server]") {
    with_obedient_server({}, [](forking_tcp_server& serving) -> task<> {
        for (unsigned round = 1; round <= 3; ++round) {
            commander client = co_await connect_to(serving);
            CHECK_AWAITED(co_await client.ask("hello"), "hello");
            co_await until([&] { return serving.counters().bytes_sent == 6 * round; });
            const ringlet::server_counters counts = serving.counters();
            CHECK(counts.accepted == round);
            CHECK(counts.active == 1);
            CHECK(counts.finished == round - 1);
            CHECK(counts.bytes_received == 6 * round);
            co_await client.close();
            co_await until([&] { return serving.counters().active == 0; });
        }
        CHECK(serving.counters().finished == 3);
        CHECK(serving.counters().children_started == 3);
    });
}

TEST_CASE("beyond max_children clients wait, until a process ends", "[server]") {
    const captured_log log;
    server_options options;
    options.max_children = 2;
    with_obedient_server(options, [](forking_tcp_server& serving) -> task<> {
        commander first = co_await connect_to(serving);
        CHECK_AWAITED(co_await first.ask("1"), "1");
        commander second = co_await connect_to(serving);
        CHECK_AWAITED(co_await second.ask("2"), "2");
        commander third = co_await connect_to(serving);
        co_await third.say("3");
        for (int i = 0; i < 10; ++i)
            CHECK_AWAITED(co_await first.ask("1"), "1");
        CHECK(third.silent());
        CHECK(serving.counters().accepted == 2);
        CHECK(serving.counters().accept_pauses == 1);
        CHECK_AWAITED(co_await second.ask("die 9"), "");
        CHECK_AWAITED(co_await third.hear(), "3");
        CHECK(serving.counters().children_started == 3);
    });
}

TEST_CASE("a server that has all its children can be shut down, and refuses a client that waits",
          "[server]") {
    const leftovers nothing;
    run_coroutine([]() -> task<> {
        server_options options;
        options.max_children = 1;
        forking_tcp_server serving(ringlet::address("127.0.0.1", 0), obey, options);
        ringlet::detail::joinable_task_group group;
        group.spawn(serving.serve());
        commander first = co_await connect_to(serving);
        CHECK_AWAITED(co_await first.ask("1"), "1");
        commander second = co_await connect_to(serving);
        co_await second.say("2");
        serving.shutdown(0s);
        co_await group.join();
        CHECK_AWAITED(co_await first.hear(), "");
        CHECK_AWAITED(co_await second.hear(), "");
        CHECK(serving.counters().accepted == 2);
        CHECK(serving.counters().refused == 1);
    });
    nothing.check();
}

namespace {

/// Has no descriptor left for the child of its first client, until it has heard of that.
class short_server : public forking_tcp_server {
public:
    using forking::forking;

    std::vector<std::error_code> shortages;

private:
    void process_request(ringlet::accepted<ringlet::stream> request) override {
        if (shortages.empty())
            none_.emplace(0);
        forking_tcp_server::process_request(std::move(request));
    }
    void handle_overload(std::error_code error, std::chrono::milliseconds /*pause*/) override {
        none_.reset();
        shortages.push_back(error);
    }

    std::optional<descriptor_limit> none_;
};

}  // namespace

TEST_CASE("a client for whom there can be no process now is served when there can", "[server]") {
    with_obedient_server<short_server>({}, [](short_server& serving) -> task<> {
        commander client = co_await connect_to(serving);
        CHECK_AWAITED(co_await client.ask("hello"), "hello");
        commander next = co_await connect_to(serving);
        CHECK_AWAITED(co_await next.ask("hello"), "hello");
        REQUIRE(serving.shortages.size() == 1);
        CHECK(serving.shortages[0] == std::errc::too_many_files_open);
        CHECK(serving.counters().accepted == 2);
        CHECK(serving.counters().refused == 0);
        CHECK(serving.counters().accept_pauses == 1);
        CHECK(serving.counters().children_started == 2);
    });
}

TEST_CASE("processes end with the server's own, though nobody tells them", "[server]") {
    forking_tcp_server serving(ringlet::address("127.0.0.1", 0), obey);
    std::optional<forked_child> parent(std::in_place, [&] {
        serving.serve_forever();
        return 0;
    });
    run_coroutine([&]() -> task<> {
        commander idle = co_await connect_to(serving);
        CHECK_AWAITED(co_await idle.ask("hello"), "hello");
        commander busy = co_await connect_to(serving);
        const pid_t child = co_await busy.ask_pid();
        co_await busy.say("wait");
        parent.reset();  // by SIGKILL
        CHECK_AWAITED(co_await idle.hear(), "");
        CHECK_AWAITED(co_await busy.hear(), "");
        co_await until([&] { return has_ended(child); });
    });
}

TEST_CASE("a server that may not fork at all says so once, and can be shut down", "[server]") {
    const child_end end = run_in_child([] {
        forking_tcp_server serving(ringlet::address("127.0.0.1", 0), obey);
        for (const auto number : {SYS_clone, SYS_clone3})
            if (!refuse_call(static_cast<unsigned>(number), EAGAIN))
                return 7;
        run_coroutine([&]() -> task<> {
            ringlet::detail::joinable_task_group group;
            group.spawn(serving.serve());
            std::vector<commander> clients;
            for (int i = 0; i < 3; ++i)
                clients.push_back(co_await connect_to(serving));
            co_await until([&] { return serving.counters().accept_pauses > 0; });
            serving.shutdown(20ms);
            for (commander& each : clients)
                CHECK_AWAITED(co_await each.hear(), "");
            co_await group.join();
        });
        return static_cast<int>(serving.counters().refused);
    });
    CAPTURE(end.text);
    if (end.exited_with(7))
        SKIP("there are no seccomp filters here");
    CHECK(end.exited_with(3));
    CHECK(std::count(end.text.begin(), end.text.end(), '\n') == 1);
    CHECK(end.says("ringlet: accepting pauses level=warning address=127.0.0.1:"));
    CHECK(end.says(" error=\"Resource temporarily unavailable\"\n"));
}

}  // namespace tests::server_fork_per_request
