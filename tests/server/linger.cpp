#include "blocking_client.hpp"
#include "catch.hpp"
#include "recording_server.hpp"
#include "serving_thread.hpp"

#include <limits>
#include <thread>

namespace tests::server_linger {

using namespace std::chrono_literals;

namespace {

constexpr auto until_the_end = std::chrono::hours(1);

constexpr auto however_much = std::numeric_limits<std::size_t>::max();

ringlet::server_options lingering(std::chrono::milliseconds at_most,
                                  std::size_t bytes_max = however_much) {
    ringlet::server_options options;
    options.linger_timeout = at_most;
    options.linger_bytes_max = bytes_max;
    return options;
}

/// Reads one byte of what may be more, and answers.
ringlet::task<> answer_early(ringlet::stream& client) {
    std::array<char, 1> first;
    co_await client.recv(first);
    co_await client.send_all("enough");
}

/// Serves a client that never stops sending, and checks that it gets its answer and is cut off.
void check_that_a_flood_ends(const ringlet::server_options& options) {
    recording_server server(answer_early, options);
    serving_thread serving(server);
    blocking_client client(server.server_address());
    client.send("x");
    CHECK(client.receive_all() == "enough");  // its own side is still open
    server.shutdown(until_the_end);
    const auto send_for_ever = [&client] {
        for (;;)
            client.send(std::string(4096, 'x'));
    };
    CHECK_THROWS_AS(send_for_ever(), std::system_error);
    serving.join();
}

}  // namespace

TEST_CASE("a client that never closes holds its connection for the linger time only", "[server]") {
    const auto linger = 50ms;
    recording_server server(answer_early, lingering(linger));
    serving_thread serving(server);
    blocking_client client(server.server_address());
    client.send("x");
    CHECK(client.receive(6) == "enough");
    const auto answered = std::chrono::steady_clock::now() - linger;  // or a little later
    server.shutdown(until_the_end);
    serving.join();
    CHECK(std::chrono::steady_clock::now() >= answered + linger);
    CHECK(client.receive_all().empty());
}

TEST_CASE("a client that never stops sending is cut off after the linger time", "[server]") {
    check_that_a_flood_ends(lingering(50ms));
}

TEST_CASE("a client that sends too much is cut off, however much time is left", "[server]") {
    const std::size_t bytes_max = GENERATE(std::size_t{0}, std::size_t{10'000});
    check_that_a_flood_ends(lingering(until_the_end, bytes_max));
}

TEST_CASE("a client that is cut off only for more than it may send gets its reply", "[server]") {
    constexpr std::size_t much = 100'000;
    recording_server server(answer_early, lingering(until_the_end, much));
    serving_thread serving(server);
    blocking_client client(server.server_address());
    client.send(std::string(much, 'x'));  // of which the handler reads one
    CHECK(client.receive_all() == "enough");
    server.shutdown(until_the_end);
    client.close();
    serving.join();
}

TEST_CASE("a client that has ended its side is not waited for", "[server]") {
    recording_server server(
        [](ringlet::stream& client) -> ringlet::task<> {
            std::array<char, 16> buffer;
            while (co_await client.recv(buffer) > 0) {
            }
            co_await client.send_all("read to the end");
        },
        lingering(until_the_end));
    serving_thread serving(server);
    blocking_client client(server.server_address());
    client.shutdown_sending();
    CHECK(client.receive_all() == "read to the end");
    server.shutdown(until_the_end);
    serving.join();
}

TEST_CASE("without a linger time a client that was not read to the end is reset", "[server]") {
    recording_server server(answer_early, lingering(0ms));
    const serving_thread serving(server);
    blocking_client client(server.server_address());
    client.send("xyz");
    CHECK_THROWS_AS(client.receive_all(), std::system_error);
}

TEST_CASE("a drain that is over ends a linger too", "[server]") {
    recording_server server(answer_early, lingering(until_the_end));
    serving_thread serving(server);
    blocking_client client(server.server_address());
    client.send("x");
    CHECK(client.receive_all() == "enough");
    server.shutdown(20ms);
    serving.join();
}

}  // namespace tests::server_linger
