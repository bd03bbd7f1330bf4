#include "catch.hpp"
#include "every_server.hpp"
#include "forked_child.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/forking.hpp>

#include <unistd.h>

#include <set>
#include <stdexcept>

namespace tests::server_forking {

namespace {

const ringlet::address loopback("127.0.0.1", 0);

/// Tells each client of the process that it is served in, and waits for its end.
ringlet::task<> tell_process(ringlet::stream& client) {
    const std::string told = std::to_string(::getpid()) + "\n";
    co_await client.send_all(told);
    co_await hear(client);
}

ringlet::server_options with(ringlet::concurrency in, std::size_t workers = 1) {
    ringlet::server_options options;
    options.concurrency = in;
    options.workers = workers;
    return options;
}

/// The processes that serve four clients which are there at the same time.
std::set<std::string> processes_of(ringlet::server& server) {
    std::set<std::string> processes;
    std::vector<blocking_client> clients;
    for (int i = 0; i < 4; ++i)
        processes.insert(clients.emplace_back(server.server_address()).receive_some());
    for (auto& client : clients)
        client.shutdown_sending();
    for (auto& client : clients)
        client.receive_all();
    CHECK_FALSE(processes.contains(std::to_string(::getpid()) + "\n"));
    return processes;
}

}  // namespace

TEST_CASE("a forking server has a child for each request", "[server]") {
    using enum ringlet::concurrency;
    const auto said = GENERATE(loop, fork_per_request);  // the default, and the same by name
    ringlet::forking<ringlet::tcp_server> server(loopback, tell_process, with(said));
    const serving_thread serving(server);
    CHECK(processes_of(server).size() == 4);
}

TEST_CASE("a forking server may have a pool of children", "[server]") {
    ringlet::forking<ringlet::tcp_server> server(loopback, tell_process,
                                                 with(ringlet::concurrency::forks));
    serving_thread serving(server);
    CHECK(processes_of(server).size() == 1);
    server.shutdown();
    serving.join();
    CHECK(server.counters().children_started == 1);
    CHECK(server.counters().children_lost == 0);
}

TEST_CASE("what a handler changes in a forking server stays in its child", "[server]") {
    int served = 0;
    ringlet::forking<ringlet::tcp_server> server(
        loopback, [&served](ringlet::stream& client) -> ringlet::task<> {
            const std::string told = std::to_string(++served);
            co_await client.send_all(told);
        });
    serving_thread serving(server);
    for (int i = 0; i < 3; ++i)
        CHECK(asking_client(transport::tcp, server.server_address()).ask("") == "1");
    server.shutdown();
    serving.join();
    CHECK(served == 0);
}

TEST_CASE("a forking server leaves other children to those who made them", "[server]") {
    using enum ringlet::concurrency;
    const auto kind = GENERATE(forks, fork_per_request);
    constexpr int status = 72;
    forked_child other([] { return status; });
    ringlet::forking<ringlet::tcp_server> server(loopback, echo_back, with(kind));
    {
        serving_thread serving(server);
        for (int i = 0; i < 3; ++i)
            CHECK(asking_client(transport::tcp, server.server_address()).ask("x") == "x");
        server.shutdown();
        serving.join();
    }
    CHECK(other.wait().exited_with(status));
}

TEST_CASE("a forking server has no threads", "[server]") {
    using enum ringlet::concurrency;
    const auto options = with(GENERATE(threads, thread_per_request));
    using made = ringlet::forking<ringlet::tcp_server>;
    CHECK_THROWS_AS(made(loopback, tell_process, options), std::invalid_argument);
    CHECK_THROWS_AS(made(ringlet::bound_socket(), tell_process, options), std::invalid_argument);
}

TEST_CASE("a forking server may be given a socket", "[server]") {
    ringlet::bound_socket listening =
        ringlet::bound_socket::open(ringlet::network::system(), loopback, SOCK_STREAM);
    ringlet::listener::listen(listening);
    const ringlet::address local = listening.local_address();
    ringlet::forking<ringlet::tcp_server> server(std::move(listening), echo_back);
    const serving_thread serving(server);
    CHECK(asking_client(transport::tcp, local).ask("x") == "x");
}

}  // namespace tests::server_forking
