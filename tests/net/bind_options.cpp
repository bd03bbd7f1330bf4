#include "blocking_client.hpp"
#include "catch.hpp"
#include "forked_child.hpp"
#include "forwarding_network.hpp"
#include "ipv6_loopback.hpp"
#include "other_user.hpp"
#include "temporary_directory.hpp"

#include <ringlet/net/bound_socket.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace tests::net_bind_options {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::bind_options;
using ringlet::bound_socket;
using ringlet::network;

// So that one may be made in a co_await expression: see coro/temporaries.cpp.
static_assert(std::is_trivially_destructible_v<bind_options>);

namespace {

class umask_guard {
public:
    explicit umask_guard(mode_t mask) : before_(::umask(mask)) {}
    umask_guard(const umask_guard&) = delete;
    umask_guard& operator=(const umask_guard&) = delete;
    ~umask_guard() { ::umask(before_); }

private:
    mode_t before_;
};

mode_t mode_of(const std::string& path) {
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found.st_mode & 07777;
}

/// Sees the mode that bind(2) gives a path, before anything else can be done about it.
class mode_at_bind final : public forwarding_network {
public:
    int bind(int fd, const sockaddr* local, socklen_t size) noexcept override {
        const int result = forwarding_network::bind(fd, local, size);
        seen = mode_of(address::from(local, size).path());
        return result;
    }

    mode_t seen = 0;
};

/// The option `name` of a socket bound to any port of `host`.
int option_of(int type, const bind_options& options, int level, int name,
              const char* host = "127.0.0.1") {
    bound_socket made = bound_socket::open(network::system(), {host, 0}, type, options);
    return made.socket().get_option<int>(level, name);
}

}  // namespace

TEST_CASE("a path has the mode that is asked for, whatever the umask", "[net]") {
    const temporary_directory folder;
    const address local = address::unix_path((folder.path() / "socket").string());
    bind_options options;
    options.mode = GENERATE(0600U, 0660U, 0666U, 0777U, 0000U);
    const umask_guard mask(GENERATE(0U, 0022U, 0777U));
    const int type = GENERATE(SOCK_STREAM, SOCK_DGRAM);
    mode_at_bind net;
    const bound_socket made = bound_socket::open(net, local, type, options);
    CHECK(mode_of(local.path()) == options.mode);
    INFO("mode right after bind: " << net.seen << ", asked for: " << *options.mode);
    CHECK((net.seen & ~*options.mode) == 0);
}

TEST_CASE("a path has the mode that the umask leaves where none is asked for", "[net]") {
    const temporary_directory folder;
    const address local = address::unix_path((folder.path() / "socket").string());
    const umask_guard mask(0027);
    const bound_socket made = bound_socket::open(network::system(), local, SOCK_STREAM);
    CHECK(mode_of(local.path()) == 0750);
}

TEST_CASE("the mode of a path decides who may connect", "[net]") {
    if (::getuid() != 0)
        SKIP("only root can become another user");
    const temporary_directory folder;
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
    const address local = address::unix_path((folder.path() / "socket").string());
    const mode_t mode = GENERATE(0600U, 0660U, 0666U);
    bound_socket made = bound_socket::open(network::system(), local, SOCK_STREAM, {.mode = mode});
    made.socket().listen(1);
    const child_end end = run_in_child([&] {
        if (!become_nobody())
            return -1;
        try {
            const blocking_client client(local);
        } catch (const std::system_error& error) {
            return error.code().value();
        }
        return 0;
    });
    CHECK(end.exited_with(mode == 0666 ? 0 : EACCES));
}

TEST_CASE("a mode with more in it than permissions is refused, and leaves nothing", "[net]") {
    const temporary_directory folder;
    const address local = GENERATE(true, false)
                              ? address::unix_path((folder.path() / "socket").string())
                              : address("127.0.0.1", 0);
    const bind_options options{.mode = GENERATE(01000U, 04755U, 0100600U)};
    CHECK_THROWS_AS(bound_socket::open(network::system(), local, SOCK_STREAM, options),
                    std::invalid_argument);
    CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a wait of more than a year, or less than none, is refused", "[net]") {
    for (const auto timeout : {std::chrono::milliseconds(-1), std::chrono::milliseconds(1h * 9000)})
        CHECK_THROWS_AS(bound_socket::open(network::system(), {"127.0.0.1", 0}, SOCK_STREAM,
                                           {.dead_holder_timeout = timeout}),
                        std::invalid_argument);
}

TEST_CASE("a path is left behind where that is asked for", "[net]") {
    const temporary_directory folder;
    const address local = address::unix_path((folder.path() / "socket").string());
    static_cast<void>(
        bound_socket::open(network::system(), local, SOCK_STREAM, {.unlink_on_close = false}));
    CHECK(std::filesystem::is_socket(local.path()));
}

TEST_CASE("a stale path is in use where replacing it is forbidden", "[net]") {
    const temporary_directory folder;
    const address local = address::unix_path((folder.path() / "socket").string());
    static_cast<void>(
        bound_socket::open(network::system(), local, SOCK_STREAM).release());  // and closes it
    const auto open = [&] {
        return bound_socket::open(network::system(), local, SOCK_STREAM, {.replace_stale = false});
    };
    CHECK_THROWS_AS(open(), std::system_error);
    CHECK(std::filesystem::is_socket(local.path()));
}

TEST_CASE("the options of a port reach the socket", "[net]") {
    const bool on = GENERATE(true, false);
    const bind_options options{.reuse_address = on, .reuse_port = on};
    CHECK(option_of(SOCK_STREAM, options, SOL_SOCKET, SO_REUSEADDR) == int{on});
    CHECK(option_of(SOCK_STREAM, options, SOL_SOCKET, SO_REUSEPORT) == int{on});
    CHECK(option_of(SOCK_DGRAM, options, SOL_SOCKET, SO_REUSEPORT) == int{on});
}

TEST_CASE("a UDP port is nobody else's, unless both share it", "[net]") {
    const address any("127.0.0.1", 0);
    const bool shared = GENERATE(true, false);
    const bind_options options{.reuse_port = shared};
    const auto open = [&](const address& local) {
        return bound_socket::open(network::system(), local, SOCK_DGRAM, options);
    };
    const bound_socket one = open(any);
    if (shared)
        CHECK(open(one.local_address()).local_address() == one.local_address());
    else
        CHECK_THROWS_AS(open(one.local_address()), std::system_error);
}

TEST_CASE("a socket for every IPv6 address takes IPv4 clients only if asked to", "[net]") {
    if (!has_ipv6_loopback())
        SKIP("there is no IPv6 here");
    const bool v6_only = GENERATE(true, false);
    CHECK(option_of(SOCK_DGRAM, {.v6_only = v6_only}, IPPROTO_IPV6, IPV6_V6ONLY, "::") ==
          int{v6_only});
    bound_socket made =
        bound_socket::open(network::system(), {"::", 0}, SOCK_STREAM, {.v6_only = v6_only});
    made.socket().listen(1);
    const address v4("127.0.0.1", made.local_address().port());
    if (v6_only)
        CHECK_THROWS_AS(blocking_client(v4), std::system_error);
    else
        CHECK_NOTHROW(blocking_client(v4));
}

}  // namespace tests::net_bind_options
