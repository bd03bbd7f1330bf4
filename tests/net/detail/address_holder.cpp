#include "catch.hpp"
#include "eventually.hpp"
#include "forked_child.hpp"
#include "in_time.hpp"
#include "run_coroutine.hpp"
#include "temporary_directory.hpp"

#include "base/detail/shared_memory.hpp"
#include "net/detail/address_holder.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/net/listener.hpp>

#include <array>
#include <atomic>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace tests::net_address_holder {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::bound_socket;
using ringlet::loop;
using ringlet::network;
using ringlet::task;
using ringlet::detail::address_holder;
using ringlet::detail::holder_of;

namespace {

struct place {
    address local;
    int type;
};

/// An address of each kind, for streams and for datagrams; of a port any one, which `with_port`
/// names.
std::vector<place> every_place(const temporary_directory& directory) {
    const auto name = "@ringlet-tests-holder-" + std::to_string(::getpid());
    std::vector<place> places;
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
        places.push_back({address("127.0.0.1", 0), type});
        places.push_back({address::unix_path((directory.path() / "socket").string()), type});
        places.push_back({address::unix_path(name), type});
    }
    return places;
}

address with_port(const address& local, std::uint16_t port) {
    return local.family() == AF_UNIX ? local : address("127.0.0.1", port);
}

/// A process that waits for clients at a place, with its ring, until it is killed.
class serving_process {
public:
    explicit serving_process(const place& where)
        : child_([this, where] {
              loop owner;
              ringlet::block_on(owner, serve(owner, where));
              return 0;
          }) {
        REQUIRE(eventually([&] { return *port_ != 0; }));
        local_ = with_port(where.local, *port_);
    }

    [[nodiscard]] const address& local() const { return local_; }

private:
    task<> serve(loop& owner, place where) {
        if (where.type == SOCK_STREAM) {
            ringlet::listener listening(owner, where.local);
            co_await tell_while(owner, listening.local_address(),
                                [&]() -> task<> { co_await listening.accept(); });
        } else {
            ringlet::datagram_socket socket(owner, where.local);
            std::array<char, 10> buffer{};
            co_await tell_while(owner, socket.local_address(),
                                [&]() -> task<> { co_await socket.recv(buffer); });
        }
    }

    /// Tells the port once the ring has been told to wait for what never comes.
    template <class Wait>
    task<> tell_while(loop& owner, address bound, Wait wait) {
        co_await ringlet::task_group::run([&](ringlet::task_group& group) -> task<> {
            group.spawn(wait());
            while (owner.statistics().turns < 3)
                co_await ringlet::sleep_for(1ms);
            *port_ = bound.family() == AF_UNIX ? 1 : bound.port();
        });
    }

    const ringlet::detail::shared_memory<std::atomic<std::uint16_t>> port_{1, std::uint16_t{0}};
    forked_child child_;
    address local_;
};

std::error_code error_of_binding(const place& where, const ringlet::bind_options& options = {}) {
    try {
        static_cast<void>(bound_socket::open(network::system(), where.local, where.type, options));
    } catch (const std::system_error& error) {
        return error.code();
    }
    return {};
}

}  // namespace

TEST_CASE("a server whose predecessor was just killed can bind at once", "[net]") {
    const temporary_directory directory;
    for (const place& where : every_place(directory))
        for (int i = 0; i < 20; ++i) {
            CAPTURE(where.local.to_string(), where.type, i);
            std::optional<serving_process> predecessor(std::in_place, where);
            const address local = predecessor->local();
            predecessor.reset();
            CHECK_FALSE(error_of_binding({local, where.type}));
        }
}

TEST_CASE("a socket of a running loop can be bound when its predecessor was just killed", "[net]") {
    const temporary_directory directory;
    for (const place& where : every_place(directory)) {
        CAPTURE(where.local.to_string(), where.type);
        std::optional<serving_process> predecessor(std::in_place, where);
        const address local = predecessor->local();
        predecessor.reset();
        run_coroutine([&]() -> task<> {
            // An overloaded machine may take longer than a loop blocks.
            CHECK(eventually([&] { return !error_of_binding({local, where.type}); }));
            co_return;
        });
    }
}

TEST_CASE("an address that a living process holds is refused at once", "[net]") {
    const temporary_directory directory;
    for (const place& where : every_place(directory)) {
        CAPTURE(where.local.to_string(), where.type);
        const ringlet::bind_options patient{.dead_holder_timeout = 1h};
        {
            const serving_process other(where);
            CHECK(holder_of(other.local(), where.type) == address_holder::alive);
            CHECK(in_time([&] {
                      return error_of_binding({other.local(), where.type}, patient);
                  }) == std::errc::address_in_use);
        }
        loop owner;
        std::optional<ringlet::listener> listening;
        std::optional<ringlet::datagram_socket> bound;
        if (where.type == SOCK_STREAM)
            listening.emplace(owner, where.local);
        else
            bound.emplace(owner, where.local);
        const address own = bound ? bound->local_address() : listening->local_address();
        CHECK(holder_of(own, where.type) == address_holder::alive);
        CHECK(in_time([&] {
                  return error_of_binding({own, where.type}, patient);
              }) == std::errc::address_in_use);
    }
}

TEST_CASE("where the holder is not listed, the wait is short", "[net]") {
    const bound_socket silent = bound_socket::open(network::system(), {"127.0.0.1", 0}, SOCK_STREAM,
                                                   {.reuse_address = false});
    const address local = silent.local_address();
    CHECK(holder_of(local, SOCK_STREAM) == address_holder::unknown);
    const ringlet::bind_options patient{.dead_holder_timeout = 1h};
    CHECK(in_time([&] {
              return error_of_binding({local, SOCK_STREAM}, patient);
          }) == std::errc::address_in_use);
}

TEST_CASE("a file that is no socket is no holder to wait for", "[net]") {
    const temporary_directory directory;
    const address local = address::unix_path((directory.path() / "file").string());
    std::ofstream(local.path()) << "text";
    CHECK(holder_of(local, SOCK_STREAM) == address_holder::alive);
    CHECK(error_of_binding({local, SOCK_STREAM}) == std::errc::address_in_use);
}

TEST_CASE("an address that nobody holds has no known holder", "[net]") {
    const temporary_directory directory;
    for (const place& where : every_place(directory))
        CHECK(holder_of(with_port(where.local, 1), where.type) == address_holder::unknown);
}

}  // namespace tests::net_address_holder
