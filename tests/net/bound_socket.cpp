#include "blocking_client.hpp"
#include "catch.hpp"
#include "connected_pair.hpp"
#include "descriptors.hpp"
#include "forked_child.hpp"
#include "forwarding_network.hpp"
#include "temporary_directory.hpp"

#include <ringlet/net/bound_socket.hpp>

#include <linux/netlink.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tests::net_bound_socket {

using ringlet::address;
using ringlet::bound_socket;
using ringlet::network;

static_assert(!std::is_copy_constructible_v<bound_socket>);
static_assert(std::is_nothrow_move_constructible_v<bound_socket>);

namespace {

bound_socket open(const address& local, int type = SOCK_STREAM) {
    return bound_socket::open(network::system(), local, type);
}

/// What adopting `socket` throws, as its text and code.
std::pair<std::string, std::error_code> refusal(ringlet::socket socket, int type) {
    try {
        static_cast<void>(bound_socket::adopt(std::move(socket), type));
    } catch (const std::system_error& error) {
        return {error.what(), error.code()};
    }
    return {"nothing was thrown", {}};
}

ringlet::socket plain(int family, int type) {
    return ringlet::socket::open(network::system(), family, type);
}

}  // namespace

TEST_CASE("a bound socket has its name, and closes its descriptor", "[net]") {
    const int type = GENERATE(SOCK_STREAM, SOCK_DGRAM);
    const std::size_t before = open_descriptors();
    {
        bound_socket made = open({"127.0.0.1", 0}, type);
        CHECK(made.local_address().port() != 0);
        CHECK(made.socket().get_option<int>(SOL_SOCKET, SO_TYPE) == type);
        const bound_socket moved = std::move(made);
        CHECK(moved.is_open());
        CHECK(moved.native_handle() >= 0);
        CHECK_FALSE(made.is_open());  // NOLINT(bugprone-use-after-move): what is tested
        CHECK(open_descriptors() == before + 1);
    }
    CHECK(open_descriptors() == before);
    CHECK_FALSE(bound_socket().is_open());
}

TEST_CASE("the path of a Unix socket goes with it, wherever that was moved to", "[net]") {
    const temporary_directory folder;
    const address local = address::unix_path((folder.path() / "socket").string());
    bound_socket kept;
    {
        bound_socket made = open(local, GENERATE(SOCK_STREAM, SOCK_DGRAM));
        CHECK(made.local_address() == local);
        kept = std::move(made);
    }
    CHECK(std::filesystem::is_socket(local.path()));
    kept = bound_socket();
    CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a path goes although the process has changed its directory", "[net]") {
    const temporary_directory folder;
    const child_end end = run_in_child([&] {
        std::filesystem::current_path(folder.path());
        const bound_socket made = open(address::unix_path("socket"));
        std::filesystem::current_path("/");
        return 0;
    });
    CHECK(end.exited_with(0));
    CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a forked child that ends its copy leaves the path to its parent", "[net]") {
    const temporary_directory folder;
    const address local = address::unix_path((folder.path() / "socket").string());
    bound_socket made = open(local);
    made.socket().listen(1);
    CHECK(run_in_child([&] {
              made = bound_socket();
              return 0;
          }).exited_with(0));
    CHECK_NOTHROW(blocking_client(local));
}

TEST_CASE("a socket that is given away keeps its path", "[net]") {
    const temporary_directory folder;
    const address local = address::unix_path((folder.path() / "socket").string());
    const ringlet::socket given = open(local).release();
    CHECK(given.local_address() == local);
    CHECK(std::filesystem::is_socket(local.path()));
}

TEST_CASE("an inherited socket keeps its path, and its other owners", "[net]") {
    const temporary_directory folder;
    const address local = address::unix_path((folder.path() / "socket").string());
    bound_socket original = open(local);
    original.socket().listen(1);
    {
        const ringlet::socket inherited(network::system(), ::dup(original.native_handle()));
        const bound_socket adopted =
            bound_socket::adopt({network::system(), ::dup(inherited.native_handle())}, SOCK_STREAM);
        CHECK(adopted.local_address() == local);
    }
    CHECK_NOTHROW(blocking_client(local));
}

TEST_CASE("an abstract name is taken once, and is free when its socket is closed", "[net]") {
    const address local =
        address::unix_path("@ringlet-tests-" + std::to_string(::getpid()) + "-bound");
    for (int i = 0; i < 3; ++i) {
        const bound_socket made = open(local);
        CHECK(made.local_address() == local);
        CHECK_THROWS_AS(open(local), std::system_error);
    }
}

TEST_CASE("a Unix socket may be bound to no name in particular", "[net]") {
    const address unnamed = plain(AF_UNIX, SOCK_DGRAM).local_address();
    const bound_socket made = open(unnamed, SOCK_DGRAM);
    CHECK(made.local_address().host().starts_with('@'));
}

TEST_CASE("a socket that cannot be bound names the address, 1,024 times, and leaves nothing open",
          "[net]") {
    const temporary_directory folder;
    const std::string id = std::to_string(::getpid());
    const std::array wanted{address("127.0.0.1", 0), address::unix_path("@ringlet-tests-" + id),
                            address::unix_path((folder.path() / "socket").string())};
    const int type = GENERATE(SOCK_STREAM, SOCK_DGRAM);
    bound_socket holder = open(wanted.at(GENERATE(0U, 1U, 2U)), type);
    if (type == SOCK_STREAM)
        holder.socket().listen(1);  // before, SO_REUSEADDR would let a TCP port be bound to again
    const address taken = holder.local_address();
    const std::size_t before = open_descriptors();
    int failures = 0;
    for (int i = 0; i < 1'024; ++i) {
        try {
            const bound_socket second = open(taken, type);
        } catch (const std::system_error& error) {
            const std::string text = error.what();
            const bool named = text.find("cannot bind to " + taken.to_string()) == 0;
            failures += named && error.code() == std::errc::address_in_use ? 1 : 0;
        }
    }
    CHECK(failures == 1'024);
    CHECK(open_descriptors() == before);
    CHECK(holder.local_address() == taken);
}

TEST_CASE("a path that cannot be made is named, with the cause", "[net]") {
    const temporary_directory folder;
    const std::string path = (folder.path() / "nowhere" / "socket").string();
    try {
        const bound_socket made = open(address::unix_path(path));
        FAIL("it was made");
    } catch (const std::system_error& error) {
        CHECK(std::string(error.what()) ==
              "cannot bind to unix:" + path + ": No such file or directory");
    }
}

TEST_CASE("no address at all cannot be bound to", "[net]") {
    CHECK_THROWS_AS(open(address()), std::invalid_argument);
}

TEST_CASE("what cannot be served is not adopted, and the error says why", "[net]") {
    const std::size_t before = open_descriptors();
    auto [text, code] = refusal(plain(AF_INET, SOCK_DGRAM), SOCK_STREAM);
    CHECK(text.find("it is of SOCK_DGRAM, not SOCK_STREAM") != std::string::npos);
    CHECK(code == std::errc::wrong_protocol_type);
    std::tie(text, code) = refusal(plain(AF_UNIX, SOCK_STREAM), SOCK_STREAM);
    CHECK(text.find("it does not listen") != std::string::npos);
    CHECK(code == std::errc::invalid_argument);
    std::tie(text, code) = refusal(std::move(tcp_pair().one), SOCK_STREAM);
    CHECK(text.find("it does not listen") != std::string::npos);
    std::tie(text, code) =
        refusal(plain(GENERATE(AF_INET, AF_INET6, AF_UNIX), SOCK_DGRAM), SOCK_DGRAM);
    CHECK(text.find("it is bound to no address") != std::string::npos);
    CHECK(code == std::errc::invalid_argument);
    std::tie(text, code) = refusal(plain(AF_NETLINK, SOCK_DGRAM), SOCK_DGRAM);
    CHECK(text.find("address family") != std::string::npos);
    CHECK(code == std::errc::address_family_not_supported);
    std::tie(text, code) =
        refusal({network::system(), ::dup(STDERR_FILENO)}, SOCK_STREAM);  // which is no socket
    CHECK(code == std::errc::not_a_socket);
    std::tie(text, code) = refusal(ringlet::socket(), SOCK_STREAM);
    CHECK(code == std::errc::bad_file_descriptor);
    CHECK(open_descriptors() == before);
}

TEST_CASE("what can be served is adopted, and stays as it is", "[net]") {
    ringlet::socket listening = tcp_listener();
    const int fd = listening.native_handle();
    const bound_socket stream = bound_socket::adopt(std::move(listening), SOCK_STREAM);
    CHECK(stream.native_handle() == fd);
    CHECK_NOTHROW(blocking_client(stream.local_address()));
    const bound_socket datagrams =
        bound_socket::adopt(open({"127.0.0.1", 0}, SOCK_DGRAM).release(), SOCK_DGRAM);
    CHECK(datagrams.local_address().port() != 0);
}

TEST_CASE("outside the system a path is a name, and no file is touched for it", "[net]") {
    class elsewhere final : public forwarding_network {
        bool in_system() const noexcept override { return false; }
        int bind(int, const sockaddr* local, socklen_t size) noexcept override {
            bound = address::from(local, size).path();
            return again ? -EADDRINUSE : 0;
        }

    public:
        std::string bound;
        bool again = false;
    } net;
    const temporary_directory folder;
    const std::string path = folder.path() / "socket";
    std::ofstream(path) << "a file of the system";
    ringlet::bind_options options;
    options.mode = 0600;
    {
        const bound_socket made =
            bound_socket::open(net, address::unix_path(path), SOCK_STREAM, options);
        CHECK(net.bound == path);
    }
    CHECK(std::filesystem::exists(path));
    net.again = true;
    CHECK_THROWS_AS(bound_socket::open(net, address::unix_path(path), SOCK_STREAM, options),
                    std::system_error);
    CHECK(std::filesystem::exists(path));
}

TEST_CASE("whether a client waits is asked of the socket's network", "[net]") {
    class answering final : public forwarding_network {
        int ready_events(int, int wanted) noexcept override {
            asked |= wanted;
            return answer;
        }

    public:
        int asked = 0;
        int answer = POLLIN;
    } net;
    bound_socket made = bound_socket::open(net, {"127.0.0.1", 0}, SOCK_STREAM);
    made.socket().listen(1);
    CHECK(made.has_backlog());
    CHECK(made.is_listening());
    net.answer = POLLRDHUP;
    CHECK_FALSE(made.has_backlog());
    CHECK_FALSE(made.is_listening());
    net.answer = -EBADF;
    CHECK_FALSE(made.has_backlog());
    CHECK(net.asked == (POLLIN | POLLRDHUP));
    CHECK(&made.socket().net() == &net);
}

}  // namespace tests::net_bound_socket
