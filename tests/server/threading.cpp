#include "catch.hpp"
#include "every_server.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/threading.hpp>

#include <set>
#include <stdexcept>
#include <thread>

namespace tests::server_threading {

namespace {

const ringlet::address loopback("127.0.0.1", 0);

std::string this_thread() {
    return std::to_string(std::hash<std::thread::id>()(std::this_thread::get_id()));
}

/// Tells each client of the thread that it is served in, and waits for its end.
ringlet::task<> tell_thread(ringlet::stream& client) {
    const std::string told = this_thread() + "\n";
    co_await client.send_all(told);
    co_await hear(client);
}

ringlet::server_options with(ringlet::concurrency in) {
    ringlet::server_options options;
    options.concurrency = in;
    options.workers = 2;
    return options;
}

/// The threads that serve four clients which are there at the same time.
std::set<std::string> threads_of(ringlet::server& server) {
    std::set<std::string> threads;
    std::vector<blocking_client> clients;
    for (int i = 0; i < 4; ++i)
        threads.insert(clients.emplace_back(server.server_address()).receive_some());
    for (auto& client : clients)
        client.shutdown_sending();
    for (auto& client : clients)
        client.receive_all();
    return threads;
}

}  // namespace

TEST_CASE("a threading server has a pool of threads, each for an equal share", "[server]") {
    using enum ringlet::concurrency;
    const auto said = GENERATE(loop, threads);  // the default, and the same by name
    ringlet::threading<ringlet::tcp_server> server(loopback, tell_thread, with(said));
    const serving_thread serving(server);
    CHECK(threads_of(server).size() == 2);
}

TEST_CASE("a threading server may have a thread for each request", "[server]") {
    ringlet::threading<ringlet::tcp_server> server(loopback, tell_thread,
                                                   with(ringlet::concurrency::thread_per_request));
    const serving_thread serving(server);
    CHECK(threads_of(server).size() == 4);
}

TEST_CASE("a threading server has no processes", "[server]") {
    using enum ringlet::concurrency;
    const auto options = with(GENERATE(forks, fork_per_request));
    using made = ringlet::threading<ringlet::tcp_server>;
    CHECK_THROWS_AS(made(loopback, tell_thread, options), std::invalid_argument);
    CHECK_THROWS_AS(made(ringlet::bound_socket(), tell_thread, options), std::invalid_argument);
}

TEST_CASE("a threading server may be given a socket", "[server]") {
    ringlet::bound_socket listening =
        ringlet::bound_socket::open(ringlet::network::system(), loopback, SOCK_STREAM);
    ringlet::listener::listen(listening);
    const ringlet::address local = listening.local_address();
    ringlet::threading<ringlet::tcp_server> server(std::move(listening), echo_back);
    const serving_thread serving(server);
    CHECK(asking_client(transport::tcp, local).ask("x") == "x");
}

}  // namespace tests::server_threading
