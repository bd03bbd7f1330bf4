#include "catch.hpp"
#include "descriptors.hpp"
#include "eventually.hpp"
#include "every_server.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/unix_stream_server.hpp>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <thread>

namespace tests::server_unix_stream_server {

namespace {

std::string ask(const ringlet::server& server, std::string_view text) {
    return asking_client(transport::unix_stream, server.server_address()).ask(text);
}

mode_t permissions(const std::string& path) {
    struct stat found {};
    ::stat(path.c_str(), &found);
    return found.st_mode & 0777U;
}

}  // namespace

TEST_CASE("a Unix stream server takes its path away with it", "[server]") {
    const free_place place(transport::unix_stream);
    const std::string path = place.address().path();
    for (int i = 0; i < 2; ++i) {
        ringlet::unix_stream_server server(place.address(), echo_back);
        CHECK(server.server_address() == place.address());
        CHECK(std::filesystem::is_socket(path));
        const serving_thread serving(server);
        CHECK(ask(server, "hello") == "hello");
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a Unix stream server may leave its path, which the next one takes over", "[server]") {
    const free_place place(transport::unix_stream);
    ringlet::server_options options;
    options.listening.binding.unlink_on_close = false;
    ringlet::unix_stream_server(place.address(), echo_back, options).server_close();
    CHECK(std::filesystem::is_socket(place.address().path()));
    options.listening.binding.replace_stale = false;
    using made = ringlet::unix_stream_server;
    CHECK_THROWS_AS(made(place.address(), echo_back, options), std::system_error);
    ringlet::unix_stream_server heir(place.address(), echo_back);
    const serving_thread serving(heir);
    CHECK(ask(heir, "heir") == "heir");
}

TEST_CASE("a Unix stream server takes nothing over that is alive, or no socket", "[server]") {
    const free_place place(transport::unix_stream);
    using made = ringlet::unix_stream_server;
    {
        ringlet::unix_stream_server holder(place.address(), echo_back);
        CHECK_THROWS_AS(made(place.address(), echo_back), std::system_error);
        const serving_thread serving(holder);
        CHECK(ask(holder, "still here") == "still here");
    }
    temporary_directory directory;
    const std::string file = directory.write("file", "precious").string();
    CHECK_THROWS_AS(made(ringlet::address::unix_path(file), echo_back), std::system_error);
    CHECK(directory.read("file") == "precious");
}

TEST_CASE("a Unix stream server's path has the mode that is asked for", "[server]") {
    const free_place place(transport::unix_stream);
    ringlet::server_options options;
    options.listening.binding.mode = 0600;
    const ringlet::unix_stream_server server(place.address(), echo_back, options);
    CHECK(permissions(place.address().path()) == 0600);
}

TEST_CASE("a Unix stream server may have an abstract name", "[server]") {
    const auto name =
        ringlet::address::unix_path("@ringlet-tests-stream-" + std::to_string(::getpid()));
    ringlet::unix_stream_server server(name, echo_back);
    const serving_thread serving(server);
    CHECK(ask(server, "abstract") == "abstract");
}

TEST_CASE("a Unix path goes with a process that has become a daemon and serves it", "[server]") {
    const free_place place(transport::unix_stream);
    const auto stop = [](ringlet::stream& client, ringlet::server& server) -> ringlet::task<> {
        server.shutdown();
        co_await say(client, "stopping");
    };
    const pid_t starting = ::fork();
    if (starting == 0) {
        auto server = std::make_unique<ringlet::unix_stream_server>(place.address(), stop);
        const pid_t parent = ::getpid();
        if (::daemon(1, 0) < 0)
            ::_exit(1);
        ::alarm(static_cast<unsigned>(time_limit.count()));
        while (::kill(parent, 0) == 0)
            std::this_thread::yield();
        server->serve_forever();
        server.reset();
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(starting, &status, 0) == starting);
    REQUIRE(status == 0);
    CHECK(asking_client(transport::unix_stream, place.address()).ask("stop") == "stopping");
    CHECK(eventually([&] { return !std::filesystem::exists(place.address().path()); }));
}

TEST_CASE("a Unix stream server refuses an address that is no Unix socket's", "[server]") {
    const auto descriptors = open_descriptors();
    using made = ringlet::unix_stream_server;
    CHECK_THROWS_AS(made(ringlet::address(), echo_back), std::invalid_argument);
    CHECK_THROWS_AS(made(ringlet::address("127.0.0.1", 0), echo_back), std::invalid_argument);
    CHECK(open_descriptors() == descriptors);
}

TEST_CASE("a Unix stream server's workers cannot each have a socket of its name", "[server]") {
    const free_place place(transport::unix_stream);
    ringlet::server_options options;
    options.concurrency = ringlet::concurrency::threads;
    options.to_workers = ringlet::server_options::hand_over::reuse_port;
    CHECK_THROWS_AS(ringlet::unix_stream_server(place.address(), echo_back, options),
                    std::invalid_argument);
    options.concurrency = ringlet::concurrency::loop;  // where it does not matter
    const ringlet::unix_stream_server server(place.address(), echo_back, options);
}

}  // namespace tests::server_unix_stream_server
