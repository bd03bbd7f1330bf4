#include "blocking_client.hpp"
#include "captured_log.hpp"
#include "catch.hpp"
#include "eventually.hpp"
#include "in_time.hpp"
#include "server/echo.hpp"
#include "server/signalled.hpp"
#include "service_manager.hpp"

#include <ringlet/coro/named.hpp>
#include <ringlet/daemon/notify.hpp>
#include <ringlet/daemon/run.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tests::daemon_run {

namespace daemon = ringlet::daemon;

using namespace std::chrono_literals;
using daemon::service_state;

namespace {

const ringlet::address any_port("127.0.0.1", 0);
constexpr auto until_the_end = std::chrono::hours(1);  // a time that no passing test waits out

template <class... Arguments>
std::future<int> run_in_thread(Arguments&... arguments) {
    return std::async(std::launch::async, [&] { return daemon::run(arguments...); });
}

/// A handler that blocks its thread for as long as it is to.
struct obstacle {
    ringlet::task<> block(ringlet::stream& client) {
        blocked = true;
        while (!unblocked)
            std::this_thread::yield();
        co_await client.send_all("done");
    }

    std::atomic<bool> blocked = false;
    std::atomic<bool> unblocked = false;
};

/// The states that a service was told, from any thread.
class told_states {
public:
    void operator()(service_state state) {
        const std::scoped_lock lock(mutex_);
        states_.push_back(state);
    }
    [[nodiscard]] std::vector<service_state> all() const {
        const std::scoped_lock lock(mutex_);
        return states_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<service_state> states_;
};

bool has_line(const captured_log& log, const std::string& words) {
    return eventually([&] { return log.text().find(words) != std::string::npos; });
}

}  // namespace

TEST_CASE("a service that is told to stop drains and ends with 0", "[daemon]") {
    const int number = GENERATE(SIGINT, SIGTERM);
    const captured_log log;
    ringlet::tcp_server server(any_port, echo, {.drain_timeout = until_the_end});
    std::future<int> running = run_in_thread(server);
    blocking_client client = served_client(server);
    send_signal(number);
    client.send("still there?");
    CHECK(client.receive(12) == "still there?");
    client.close();
    CHECK(get_in_time(running) == EX_OK);
    CHECK(server.counters().finished == 1);
}

TEST_CASE("the second signal ends a service at once", "[daemon]") {
    const captured_log log;
    const daemon::run_options options{.unready_grace = GENERATE(0ms, 1h)};
    ringlet::tcp_server server(any_port, echo, {.drain_timeout = until_the_end});
    std::future<int> running = run_in_thread(options, server);
    const blocking_client client = served_client(server);
    send_signal(SIGTERM);
    send_signal(SIGINT);
    CHECK(get_in_time(running) == EX_OK);
    CHECK(server.counters().failed.cancelled == 1);
}

TEST_CASE("clients are served between the end of readiness and that of the listening", "[daemon]") {
    const captured_log log;
    ringlet::tcp_server server(any_port, echo);
    told_states states;
    std::future<int> running = std::async(std::launch::async, [&] {
        return daemon::run({.unready_grace = until_the_end}, [&](daemon::service& self) {
            self.on_state(std::ref(states));
            self.serve(server);
        });
    });
    served_client(server).close();
    send_signal(SIGTERM);
    CHECK(eventually([&] { return states.all().back() == service_state::draining; }));
    served_client(server).close();
    send_signal(SIGTERM);
    CHECK(get_in_time(running) == EX_OK);
    CHECK(states.all() ==
          std::vector{service_state::starting, service_state::ready, service_state::draining});
}

TEST_CASE("a service whose grace is over closes its sockets", "[daemon]") {
    const captured_log log;
    ringlet::tcp_server server(any_port, echo);
    const daemon::run_options options{.unready_grace = 10ms};
    std::future<int> running = run_in_thread(options, server);
    served_client(server).close();
    send_signal(SIGTERM);
    CHECK(get_in_time(running) == EX_OK);
}

TEST_CASE("a signal that comes before serving counts", "[daemon]") {
    const captured_log log;
    told_states states;
    const int status = in_time([&] {
        return daemon::run([&](daemon::service& self) {
            ringlet::tcp_server server(any_port, echo);
            for (const int number : {SIGTERM, SIGHUP, SIGUSR1})
                send_signal(number);
            self.on_state(std::ref(states));
            self.on_reload([&] { states(self.state()); });
            self.serve(server);
        });
    });
    CHECK(status == EX_OK);
    CHECK(states.all() == std::vector{service_state::starting, service_state::ready,
                                      service_state::ready, service_state::draining});
}

TEST_CASE("a service reloads at SIGHUP, also where a part of it fails", "[daemon]") {
    const captured_log log;
    ringlet::tcp_server server(any_port, echo);
    std::atomic<int> reloads = 0;
    std::future<int> running = std::async(std::launch::async, [&] {
        return daemon::run([&](daemon::service& self) {
            self.on_reload([] { throw std::runtime_error("no such certificate"); });
            self.on_reload([&] { ++reloads; });
            self.serve(server);
        });
    });
    served_client(server).close();
    for (int i = 1; i <= 2; ++i) {
        send_signal(SIGHUP);
        CHECK(eventually([&] { return reloads == i; }));
    }
    served_client(server).close();
    send_signal(SIGTERM);
    CHECK(get_in_time(running) == EX_OK);
    CHECK(has_line(log, "stays as it was level=error error=\"no such certificate\""));
}

TEST_CASE("a service reports its tasks and counters at SIGUSR1", "[daemon]") {
    const captured_log log;
    ringlet::tcp_server server(any_port, echo, {.name = "web"});
    std::future<int> running = run_in_thread(server);
    const blocking_client client = served_client(server);
    send_signal(SIGUSR1);
    CHECK(has_line(log, "counters level=info server=web address=127.0.0.1:"));
    CHECK(has_line(log, "accepted=1 refused=0 active=1"));
    CHECK(has_line(log, "ringlet: tasks level=info thread="));
    CHECK(has_line(log, "echo.hpp:"));
    send_signal(SIGTERM);
    send_signal(SIGINT);
    CHECK(get_in_time(running) == EX_OK);
}

TEST_CASE("a service reports the tasks of its workers, by their names", "[daemon]") {
    const captured_log log;
    const auto converse = [](ringlet::stream& client) {
        return ringlet::named("a conversation", echo(client));
    };
    ringlet::tcp_server server(any_port, converse, {.concurrency = ringlet::concurrency::threads});
    std::future<int> running = run_in_thread(server);
    const blocking_client client = served_client(server);
    send_signal(SIGUSR1);
    CHECK(has_line(log, "name=\"a conversation\" stack=\"echo.hpp:"));
    send_signal(SIGTERM);
    send_signal(SIGINT);
    CHECK(get_in_time(running) == EX_OK);
}

TEST_CASE("a service reports no more tasks than it may", "[daemon]") {
    const captured_log log;
    ringlet::tcp_server server(any_port, echo);
    const daemon::run_options options{.dumped_tasks_max = 2};
    std::future<int> running = run_in_thread(options, server);
    served_client(server).close();
    send_signal(SIGUSR1);
    CHECK(has_line(log, "counters level=info"));
    send_signal(SIGTERM);
    CHECK(get_in_time(running) == EX_OK);
    const std::vector<std::string> lines = log.lines();
    CHECK(std::ranges::count_if(lines, [](const std::string& line) {
              return line.find("a task waits") != std::string::npos;
          }) == 2);
}

TEST_CASE("the service manager is told what becomes of a service", "[daemon]") {
    const captured_log log;
    service_manager manager;
    ringlet::tcp_server server(any_port, echo);
    std::future<int> running = run_in_thread(server);
    CHECK(manager.receive().says("READY=1"));
    send_signal(SIGHUP);
    CHECK(manager.receive().says("RELOADING=1"));
    CHECK(manager.receive().says("READY=1"));
    blocking_client last = served_client(server);
    send_signal(SIGTERM);
    CHECK(manager.receive().says("STOPPING=1"));
    send_signal(SIGHUP);
    last.close();
    CHECK(get_in_time(running) == EX_OK);
    CHECK(manager.is_silent());
}

TEST_CASE("a service goes on where its manager cannot be told", "[daemon]") {
    const captured_log log;
    const environment_variable manager("NOTIFY_SOCKET", "/no/such/socket");
    ringlet::tcp_server server(any_port, echo);
    std::future<int> running = run_in_thread(server);
    served_client(server).close();
    send_signal(SIGTERM);
    CHECK(get_in_time(running) == EX_OK);
    CHECK(has_line(log, "the service manager was not told level=warning"));
}

TEST_CASE("the watchdog is fed only while the loop turns, and those of workers", "[daemon]") {
    const captured_log log;
    service_manager manager;
    const environment_variable usec("WATCHDOG_USEC", "20000");
    obstacle handler;
    const auto block = [&](ringlet::stream& client) { return handler.block(client); };
    const auto concurrency = GENERATE(ringlet::concurrency::loop, ringlet::concurrency::threads);
    ringlet::tcp_server server(any_port, block, {.concurrency = concurrency, .workers = 1});
    std::future<int> running = run_in_thread(server);
    for (int i = 0; i < 3; ++i)
        manager.receive_until("WATCHDOG=1");
    blocking_client client(server.server_address());
    CHECK(eventually([&] { return handler.blocked.load(); }));
    if (concurrency == ringlet::concurrency::threads)
        CHECK(has_line(log, "its watchdog is not told level=warning workers=1"));
    manager.drop_all();
    std::this_thread::sleep_for(100ms);  // the time in which nothing may come
    CHECK(manager.is_silent());
    handler.unblocked = true;
    CHECK(client.receive(4) == "done");
    manager.receive_until("WATCHDOG=1");
    send_signal(SIGTERM);
    CHECK(get_in_time(running) == EX_OK);
}

TEST_CASE("the watchdog lets the handlers of threads of their own block", "[daemon]") {
    const captured_log log;
    service_manager manager;
    const environment_variable usec("WATCHDOG_USEC", "20000");
    obstacle handler;
    const auto block = [&](ringlet::stream& client) { return handler.block(client); };
    ringlet::tcp_server server(any_port, block,
                               {.concurrency = ringlet::concurrency::thread_per_request});
    std::future<int> running = run_in_thread(server);
    blocking_client client(server.server_address());
    CHECK(eventually([&] { return handler.blocked.load(); }));
    manager.drop_all();
    for (int i = 0; i < 3; ++i)
        manager.receive_until("WATCHDOG=1");
    handler.unblocked = true;
    CHECK(client.receive(4) == "done");
    send_signal(SIGTERM);
    CHECK(get_in_time(running) == EX_OK);
}

TEST_CASE("a service whose server has no name is not restarted", "[daemon]") {
    const captured_log log;
    ringlet::tcp_server server(any_port, echo);
    std::future<int> running = run_in_thread(server);
    served_client(server).close();
    send_signal(SIGUSR2);
    CHECK(
        has_line(log, "no restart: the service goes on level=error reason=\"a server has no name"));
    served_client(server).close();
    send_signal(SIGTERM);
    CHECK(get_in_time(running) == EX_OK);
}

TEST_CASE("an attendant serves until the others have ended", "[daemon]") {
    const captured_log log;
    ringlet::tcp_server server(any_port, echo, {.drain_timeout = until_the_end});
    ringlet::tcp_server attendant(any_port, echo);
    std::future<int> running = std::async(std::launch::async, [&] {
        return daemon::run([&](daemon::service& self) {
            self.attend(attendant);
            self.serve(server);
        });
    });
    blocking_client last = served_client(server);
    send_signal(SIGTERM);
    CHECK(eventually([&] { return server.fileno() < 0; }));
    served_client(attendant).close();
    last.close();
    CHECK(get_in_time(running) == EX_OK);
    CHECK(attendant.counters().finished == 1);
}

TEST_CASE("a service whose servers are shut down otherwise ends, too", "[daemon]") {
    const captured_log log;
    ringlet::tcp_server server(any_port, echo);
    std::future<int> running = run_in_thread(server);
    served_client(server).close();
    server.shutdown();
    CHECK(get_in_time(running) == EX_OK);
}

TEST_CASE("signals have their former effect once a service has ended", "[daemon]") {
    const captured_log log;
    static void (*const mine)(int) = [](int) {};
    void (*const before)(int) = std::signal(SIGHUP, mine);
    ringlet::tcp_server server(any_port, echo);
    server.shutdown();
    CHECK(in_time([&] { return daemon::run(server); }) == EX_OK);
    CHECK(std::signal(SIGHUP, before) == mine);
}

TEST_CASE("the state of a service has a name", "[daemon]") {
    CHECK(daemon::to_string(service_state::starting) == "starting");
    CHECK(daemon::to_string(service_state::ready) == "ready");
    CHECK(daemon::to_string(service_state::draining) == "draining");
}

}  // namespace tests::daemon_run
