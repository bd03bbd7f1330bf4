// A pool of child processes: they share the clients, and are replaced when they die.

#include "blocking_client.hpp"
#include "captured_log.hpp"
#include "check_awaited.hpp"
#include "descriptor_limit.hpp"
#include "forked_child.hpp"
#include "obedient_server.hpp"
#include "socket_filter.hpp"

#include <optional>
#include <set>
#include <vector>

namespace tests::server_forks {

using namespace std::chrono_literals;
using ringlet::forking_tcp_server;
using ringlet::server_options;
using ringlet::task;

namespace {

server_options pool_of(std::size_t workers) {
    server_options options;
    options.concurrency = ringlet::concurrency::forks;
    options.workers = workers;
    options.restart_pause_first = 50ms;
    options.restart_pause_max = 100ms;
    return options;
}

/// Clients of different workers, one each.
task<std::vector<commander>> clients_of_each(const ringlet::server& serving, std::size_t workers) {
    std::vector<commander> others;  // until then they keep their workers from looking idle
    std::vector<commander> chosen;
    std::set<pid_t> seen;
    while (seen.size() < workers) {
        commander client = co_await connect_to(serving);
        const pid_t worker = co_await client.ask_pid();
        (seen.insert(worker).second ? chosen : others).push_back(std::move(client));
    }
    co_return chosen;
}

/// What the log says of a lost worker.
std::string loss(pid_t worker, const std::string& status, int requests) {
    return "ringlet: a child process was lost level=error pid=" + std::to_string(worker) +
           " status=\"" + status + "\" requests=" + std::to_string(requests) + "\n";
}

}  // namespace

TEST_CASE("every worker of a pool gets clients, and there are no other processes", "[server]") {
    with_obedient_server(pool_of(3), [](forking_tcp_server& serving) -> task<> {
        auto clients = co_await clients_of_each(serving, 3);
        for (commander& each : clients)
            CHECK_AWAITED(co_await each.ask("hello"), "hello");
        CHECK(serving.counters().active >= 3);
        CHECK(serving.counters().children_started == 3);
    });
}

TEST_CASE("one worker serves many clients at the same time", "[server]") {
    with_obedient_server(pool_of(1), [](forking_tcp_server& serving) -> task<> {
        std::vector<commander> clients;
        for (int i = 0; i < 20; ++i)
            clients.push_back(co_await connect_to(serving));
        for (commander& each : clients)
            CHECK_AWAITED(co_await each.ask("hello"), "hello");
        CHECK(serving.counters().active == 20);
        CHECK(serving.counters().children_started == 1);
    });
}

TEST_CASE("a worker that is lost takes its own clients with it, and is replaced", "[server]") {
    const auto [command, status] = GENERATE(table<std::string, std::string>({
        {"die 11", "killed by signal 11 (Segmentation fault)"},
        {"die 9", "killed by signal 9 (Killed)"},
        {"exit 72", "exited with status 72"},
        {"exit 0", "exited with status 0"},
    }));
    const captured_log log;
    with_obedient_server(
        pool_of(2), [&, &said = command, &how = status](forking_tcp_server& serving) -> task<> {
            auto clients = co_await clients_of_each(serving, 2);
            commander& victim = clients[0];
            commander& other = clients[1];
            const pid_t lost = co_await victim.ask_pid();
            const pid_t kept = co_await other.ask_pid();
            co_await until([&] { return serving.counters().active == 2; });
            CHECK_AWAITED(co_await victim.ask(said), "");
            co_await until([&] { return serving.counters().children_started == 3; });
            CHECK_AWAITED(co_await other.ask_pid(), kept);

            auto again = co_await clients_of_each(serving, 2);
            for (commander& each : again) {
                const pid_t worker = co_await each.ask_pid();
                CHECK(worker != lost);
            }
            const ringlet::server_counters counts = serving.counters();
            CHECK(counts.failed.child_lost == 1);
            CHECK(counts.failed.total() == 1);
            CHECK(counts.children_lost == 1);
            CHECK(log.text() == loss(lost, how, 1));
        });
}

TEST_CASE("a lost worker's requests are counted, those that are going on and those before",
          "[server]") {
    const captured_log log;
    with_obedient_server(pool_of(1), [&](forking_tcp_server& serving) -> task<> {
        commander first = co_await connect_to(serving);
        const pid_t worker = co_await first.ask_pid();
        CHECK_AWAITED(co_await first.ask("leave"), "");
        co_await until([&] { return serving.counters().finished == 1; });
        std::vector<commander> clients;
        for (int i = 0; i < 4; ++i) {
            clients.push_back(co_await connect_to(serving));
            CHECK_AWAITED(co_await clients.back().ask("hello"), "hello");
        }
        CHECK_AWAITED(co_await clients[0].ask("die 9"), "");
        for (commander& each : clients)
            CHECK_AWAITED(co_await each.hear(), "");
        commander next = co_await connect_to(serving);
        CHECK_AWAITED(co_await next.ask("hello"), "hello");
        const ringlet::server_counters counts = serving.counters();
        CHECK(counts.accepted == 6);
        CHECK(counts.finished == 1);
        CHECK(counts.failed.child_lost == 4);
        CHECK(counts.active == 1);
        CHECK(log.text() == loss(worker, "killed by signal 9 (Killed)", 4));
    });
}

namespace {

/// Its workers end as soon as they begin, `early_deaths` times.
class short_lived : public forking_tcp_server {
public:
    using forking::forking;

    static constexpr std::uint64_t early_deaths = 7;

private:
    task<ringlet::stream> get_request(ringlet::listener& accepting) override {
        if (counters().children_lost < early_deaths)
            ::_exit(72);
        co_return co_await forking::get_request(accepting);
    }
};

}  // namespace

TEST_CASE("a worker that dies again and again is replaced less and less often", "[server]") {
    const captured_log log;
    server_options options = pool_of(1);
    options.restart_pause_first = 2ms;
    options.restart_pause_max = 16ms;
    const auto begun = std::chrono::steady_clock::now();
    with_obedient_server<short_lived>(options, [&](short_lived& serving) -> task<> {
        commander patient = co_await connect_to(serving);
        CHECK_AWAITED(co_await patient.ask("hello"), "hello");
        CHECK(serving.counters().children_started == short_lived::early_deaths + 1);
        CHECK(serving.counters().children_lost == short_lived::early_deaths);
        CHECK(serving.counters().failed.total() == 0);
    });
    CHECK(std::chrono::steady_clock::now() - begun >= (2 + 4 + 8 + 16 * 4) * 1ms);
    const auto lines = log.lines();
    CHECK(lines.size() == short_lived::early_deaths);
    for (const std::string& line : lines)
        CHECK(line.ends_with(" status=\"exited with status 72\" requests=0\n"));
}

TEST_CASE("a server does not wait out the pause before it replaces a worker, to shut down",
          "[server]") {
    const captured_log log;
    const leftovers nothing;
    run_coroutine([]() -> task<> {
        server_options options = pool_of(2);
        options.restart_pause_first = 1h;
        options.restart_pause_max = 1h;
        forking_tcp_server serving(ringlet::address("127.0.0.1", 0), obey, options);
        ringlet::detail::joinable_task_group group;
        group.spawn(serving.serve());
        commander client = co_await connect_to(serving);
        CHECK_AWAITED(co_await client.ask("exit 72"), "");
        co_await until([&] { return serving.counters().children_lost == 1; });
        serving.shutdown();
        co_await group.join();
        CHECK(serving.counters().children_started == 2);
    });
    nothing.check();
}

TEST_CASE("a worker that cannot be replaced is when it can", "[server]") {
    const captured_log log;
    with_obedient_server(pool_of(1), [&](forking_tcp_server& serving) -> task<> {
        commander client = co_await connect_to(serving);
        CHECK_AWAITED(co_await client.ask("hello"), "hello");
        {
            const descriptor_limit none(0);
            CHECK_AWAITED(co_await client.ask("die 9"), "");
            co_await until([&] { return log.lines().size() > 2; });
        }
        commander next = co_await connect_to(serving);
        CHECK_AWAITED(co_await next.ask("hello"), "hello");
    });
    const auto lines = log.lines();
    for (const std::size_t attempt : {1U, 2U})
        CHECK(lines.at(attempt) ==
              "ringlet: a child process could not be replaced "
              "level=error error=\"pidfd_open: Too many open files\" next_try_ms=100\n");
}

TEST_CASE("a worker that hangs is killed when its time is over", "[server]") {
    const captured_log log;
    server_options options = pool_of(2);
    options.drain_timeout = 20ms;
    options.kill_timeout = 500ms;  // long enough for the other worker to end
    const leftovers nothing;
    run_coroutine([&]() -> task<> {
        forking_tcp_server serving(ringlet::address("127.0.0.1", 0), obey, options);
        ringlet::detail::joinable_task_group group;
        group.spawn(serving.serve());
        auto clients = co_await clients_of_each(serving, 2);
        const pid_t worker = co_await clients[0].ask_pid();
        co_await clients[0].say("hang");
        CHECK_AWAITED(co_await clients[1].ask("hello"), "hello");
        const auto begun = std::chrono::steady_clock::now();
        serving.shutdown();
        CHECK_AWAITED(co_await clients[1].hear(), "");
        CHECK_AWAITED(co_await clients[0].hear(), "");
        co_await group.join();
        CHECK(std::chrono::steady_clock::now() - begun >= 520ms);
        CHECK(serving.counters().active == 0);
        CHECK(serving.counters().children_lost == 1);
        CHECK(log.text().find("pid=" + std::to_string(worker) +
                              " status=\"killed by signal 9 (Killed)\"") != std::string::npos);
    });
    nothing.check();
}

TEST_CASE("a pool lets its clients finish when it is shut down, from wherever", "[server]") {
    const bool in_worker = GENERATE(false, true);
    const leftovers nothing;
    run_coroutine([=]() -> task<> {
        forking_tcp_server serving(ringlet::address("127.0.0.1", 0), obey, pool_of(2));
        ringlet::detail::joinable_task_group group;
        group.spawn(serving.serve());
        auto clients = co_await clients_of_each(serving, 2);
        if (in_worker)
            CHECK_AWAITED(co_await clients[0].ask("shutdown"), "shutdown");
        else
            serving.shutdown(1h);
        for (commander& each : clients)
            CHECK_AWAITED(co_await each.ask("hello"), "hello");
        for (commander& each : clients)
            CHECK_AWAITED(co_await each.ask("leave"), "");
        for (commander& each : clients)
            co_await each.close();
        co_await group.join();
        CHECK(serving.counters().failed.total() == 0);
        CHECK(serving.counters().children_started == 2);
        CHECK(serving.counters().children_lost == 0);
    });
    nothing.check();
}

TEST_CASE("cancelling who serves ends a pool too", "[server]") {
    const captured_log log;
    const leftovers nothing;
    run_coroutine([]() -> task<> {
        server_options options = pool_of(2);
        options.drain_timeout = 20ms;
        options.kill_timeout = 1h;
        forking_tcp_server serving(ringlet::address("127.0.0.1", 0), obey, options);
        ringlet::detail::joinable_task_group group;
        group.spawn(serving.serve());
        auto clients = co_await clients_of_each(serving, 2);
        group.cancel();
        co_await group.join();
        for (commander& each : clients)
            CHECK_AWAITED(co_await each.hear(), "");
        CHECK(serving.counters().active == 0);
        CHECK(serving.counters().children_lost == 0);
    });
    CHECK(log.text().empty());
    nothing.check();
}

namespace {

/// Asks and leaves, again and again, and is refused only while the server does not listen.
task<> press(const ringlet::server& serving, const bool& stopping, std::uint64_t& answered) {
    while (!stopping) {
        std::optional<commander> client;
        try {
            client.emplace(co_await connect_to(serving));
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::connection_refused);
        }
        if (!client) {
            co_await ringlet::sleep_for(1ms);
            continue;
        }
        CHECK_AWAITED(co_await client->ask("hello"), "hello");
        ++answered;
        co_await client->close();
    }
}

}  // namespace

TEST_CASE("a pool is shut down under load, and no reply is lost", "[server]") {
    const leftovers nothing;
    run_coroutine([]() -> task<> {
        forking_tcp_server serving(ringlet::address("127.0.0.1", 0), obey, pool_of(3));
        std::uint64_t answered = 0;
        bool stopping = false;
        ringlet::detail::joinable_task_group clients;
        for (int i = 0; i < 30; ++i)
            clients.spawn(press(serving, stopping, answered));
        for (int round = 0; round < 5;
             ++round) {  // clients that come too late try again after a second
            ringlet::detail::joinable_task_group group;
            group.spawn(serving.serve());
            const std::uint64_t enough = answered + 100;
            co_await until([&] { return answered >= enough; });
            if (round % 2 == 1)  // then the door is closed in the other way
                forbid_filter(serving.fileno());
            serving.shutdown(1h);
            co_await group.join();
            CHECK_FALSE(has_children());
        }
        stopping = true;
        co_await clients.join();
        const ringlet::server_counters counts = serving.counters();
        CHECK(counts.failed.total() == 0);
        CHECK(counts.accepted == answered);
        CHECK(counts.finished == answered);
    });
    nothing.check();
}

TEST_CASE("workers end with the server's own process, though nobody tells them", "[server]") {
    server_options options = pool_of(2);
    options.drain_timeout = 30ms;
    forking_tcp_server serving(ringlet::address("127.0.0.1", 0), obey, options);
    std::optional<forked_child> parent(std::in_place, [&] {
        serving.serve_forever();
        return 0;
    });
    run_coroutine([&]() -> task<> {
        auto clients = co_await clients_of_each(serving, 2);
        std::vector<pid_t> workers;
        for (commander& each : clients)
            workers.push_back(co_await each.ask_pid());
        parent.reset();  // by SIGKILL
        for (commander& each : clients)
            CHECK_AWAITED(co_await each.hear(), "");
        for (const pid_t worker : workers)
            co_await until([&] { return has_ended(worker); });
    });
}

TEST_CASE("a pool's server handles a single request in a process of its own", "[server]") {
    const captured_log log;
    const leftovers nothing;
    {
        forking_tcp_server serving(ringlet::address("127.0.0.1", 0), obey, pool_of(2));
        blocking_client client(serving.server_address());
        client.send("exit 72\n");
        serving.handle_request();
        CHECK(client.receive_all().empty());
        CHECK(serving.counters().children_started == 1);
        CHECK(serving.counters().failed.child_lost == 1);
    }
    nothing.check();
}

}  // namespace tests::server_forks
