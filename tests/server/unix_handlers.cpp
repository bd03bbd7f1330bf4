// What handlers of Unix streams know, and who may come to them.

#include "blocking_client.hpp"
#include "catch.hpp"
#include "concurrency_kinds.hpp"
#include "echo.hpp"
#include "serving_thread.hpp"
#include "temporary_directory.hpp"

#include <ringlet/net/peer_credentials.hpp>
#include <ringlet/server/unix_stream_server.hpp>

#include <sys/stat.h>
#include <unistd.h>

namespace tests::server_unix_handlers {

using ringlet::address;
using ringlet::task;

TEST_CASE("a handler knows the process at the other end of a Unix stream", "[server]") {
    for (const concurrency_kind& kind : concurrency_kinds()) {
        INFO(kind.name);
        const temporary_directory folder;
        ringlet::unix_stream_server server(
            address::unix_path((folder.path() / "socket").string()),
            [](ringlet::stream& client) -> task<> {
                const ringlet::peer_credentials peer = client.peer_credentials();
                const std::string text = std::to_string(peer.pid) + " " + std::to_string(peer.uid) +
                                         " " + std::to_string(peer.gid);
                co_await client.send_all(text);
            },
            kind.options);
        const serving_thread serving(server);
        blocking_client client(server.server_address());
        client.shutdown_sending();
        CHECK(client.receive_all() == std::to_string(::getpid()) + " " +
                                          std::to_string(::getuid()) + " " +
                                          std::to_string(::getgid()));
    }
}

TEST_CASE("the file of a Unix socket has the permissions that the options say", "[server]") {
    const temporary_directory folder;
    const std::string path = (folder.path() / "socket").string();
    ringlet::server_options options;
    for (const mode_t mode : {0600U, 0666U, 0000U}) {
        options.listening.binding.mode = mode;
        const ringlet::unix_stream_server server(address::unix_path(path), echo, options);
        struct stat file {};
        REQUIRE(::stat(path.c_str(), &file) == 0);
        CHECK(S_ISSOCK(file.st_mode));
        CHECK((file.st_mode & 0777U) == mode);
    }
    CHECK(::access(path.c_str(), F_OK) != 0);
}

TEST_CASE("a Unix server has an abstract name, if that is asked for", "[server]") {
    const address name =
        address::unix_path("@ringlet-tests-" + std::to_string(::getpid()) + "-server");
    for (const concurrency_kind& kind : concurrency_kinds()) {
        INFO(kind.name);
        ringlet::unix_stream_server server(name, echo, kind.options);
        CHECK(server.server_address() == name);
        const serving_thread serving(server);
        blocking_client client(name);
        CHECK(client.exchange("hello") == "hello");
        client.shutdown_sending();
        CHECK(client.receive_all().empty());
    }
}

}  // namespace tests::server_unix_handlers
