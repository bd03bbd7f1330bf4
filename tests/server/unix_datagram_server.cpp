#include "catch.hpp"
#include "descriptors.hpp"
#include "every_server.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/unix_datagram_server.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <stdexcept>

namespace tests::server_unix_datagram_server {

namespace {

std::string ask(const ringlet::server& server, std::string_view text) {
    return asking_client(transport::unix_datagram, server.server_address()).ask(text);
}

}  // namespace

TEST_CASE("a Unix datagram server takes its path away with it", "[server]") {
    const free_place place(transport::unix_datagram);
    const std::string path = place.address().path();
    for (int i = 0; i < 2; ++i) {
        ringlet::unix_datagram_server server(place.address(), echo_back);
        CHECK(server.server_address() == place.address());
        CHECK(std::filesystem::is_socket(path));
        const serving_thread serving(server);
        CHECK(ask(server, "hello") == "hello");
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a Unix datagram server takes over a path that is stale, and no other", "[server]") {
    const free_place place(transport::unix_datagram);
    using made = ringlet::unix_datagram_server;
    ringlet::server_options options;
    options.datagrams.binding.unlink_on_close = false;
    ringlet::unix_datagram_server(place.address(), echo_back, options).server_close();
    CHECK(std::filesystem::is_socket(place.address().path()));
    ringlet::unix_datagram_server heir(place.address(), echo_back);
    CHECK_THROWS_AS(made(place.address(), echo_back), std::system_error);
    const serving_thread serving(heir);
    CHECK(ask(heir, "heir") == "heir");
}

TEST_CASE("a Unix datagram server's path has the mode that is asked for", "[server]") {
    const free_place place(transport::unix_datagram);
    ringlet::server_options options;
    options.datagrams.binding.mode = 0600;
    const ringlet::unix_datagram_server server(place.address(), echo_back, options);
    struct stat found {};
    REQUIRE(::stat(place.address().path().c_str(), &found) == 0);
    CHECK((found.st_mode & 0777U) == 0600);
}

TEST_CASE("a Unix datagram server may have an abstract name", "[server]") {
    const auto name =
        ringlet::address::unix_path("@ringlet-tests-datagram-" + std::to_string(::getpid()));
    ringlet::unix_datagram_server server(name, echo_back);
    const serving_thread serving(server);
    CHECK(ask(server, "abstract") == "abstract");
}

TEST_CASE("a Unix datagram server hears clients without a name, but cannot answer them",
          "[server]") {
    const free_place place(transport::unix_datagram);
    std::error_code error;
    ringlet::unix_datagram_server server(
        place.address(), [&error](ringlet::datagram_request& request) -> ringlet::task<> {
            CHECK(request.sender().family() == AF_UNSPEC);
            co_await request.reply("you", error);
        });
    blocking_client nameless(AF_UNIX, SOCK_DGRAM);
    nameless.connect(place.address());
    nameless.send("who am I?");
    in_time([&] { server.handle_request(); });
    CHECK(error);
    CHECK(server.counters().finished == 1);
}

TEST_CASE("a Unix datagram server refuses an address that is no Unix socket's", "[server]") {
    const auto descriptors = open_descriptors();
    using made = ringlet::unix_datagram_server;
    CHECK_THROWS_AS(made(ringlet::address(), echo_back), std::invalid_argument);
    CHECK_THROWS_AS(made(ringlet::address("127.0.0.1", 0), echo_back), std::invalid_argument);
    CHECK(open_descriptors() == descriptors);
}

}  // namespace tests::server_unix_datagram_server
