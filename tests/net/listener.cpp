#include "blocking_client.hpp"
#include "catch.hpp"
#include "ipv6_loopback.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "temporary_directory.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/listener.hpp>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tests::net_listener {

using ringlet::address;
using ringlet::listener;
using ringlet::listener_options;
using ringlet::loop;
using ringlet::network;
using ringlet::stream;
using ringlet::task;

namespace {

const address any_port("127.0.0.1", 0);

/// A name for a Unix socket that nobody else has.
address abstract_name(const std::string& what) {
    return address::unix_path("@ringlet-tests-" + std::to_string(::getpid()) + "-" + what);
}

/// One client of `source` is accepted, and heard.
task<> exchange(listener& source) {
    blocking_client client(source.local_address());
    client.send("hello");
    stream accepted = co_await source.accept();
    const std::string hello = co_await receive(accepted, 5);
    CHECK(hello == "hello");
}

/// Gives the kernel the chance to do what it would do by itself.
task<> turn_some_times() {
    for (int i = 0; i < 10; ++i)
        co_await ringlet::yield();
}

}  // namespace

TEST_CASE("a listener on port 0 gets a free port, and says which", "[net]") {
    const std::string host = GENERATE("127.0.0.1", "::1");
    if (host == "::1" && !has_ipv6_loopback())
        SKIP("there is no IPv6 here");
    run_without_leak([=](loop& owner) -> task<> {
        listener one(owner, {host, 0});
        listener other(owner, {host, 0});
        CHECK(one.local_address().host() == host);
        CHECK(one.local_address().port() != 0);
        CHECK(one.local_address().port() != other.local_address().port());
        co_await exchange(one);
        co_await exchange(other);
        co_await one.close();
        co_await other.close();
    });
}

TEST_CASE("an address that is taken is named, and a thousand failures leave nothing open",
          "[net]") {
    loop owner;
    const listener holder(owner, any_port);
    const address taken = holder.local_address();
    const std::size_t before = open_descriptors();
    int failures = 0;
    for (int i = 0; i < 1'000; ++i) {
        try {
            const listener second(owner, taken);
        } catch (const std::system_error& error) {
            const bool named =
                std::string(error.what()).find(taken.to_string()) != std::string::npos;
            failures += named && error.code() == std::errc::address_in_use ? 1 : 0;
        }
    }
    CHECK(failures == 1'000);
    CHECK(open_descriptors() == before);
}

TEST_CASE("no address at all is refused", "[net]") {
    loop owner;
    CHECK_THROWS_AS(listener(owner, address()), std::invalid_argument);
}

TEST_CASE("the port is free as soon as close is over", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener_options options;
        options.binding.reuse_address = false;
        auto source = std::make_unique<listener>(owner, any_port, options);
        const address local = source->local_address();
        for (int i = 0; i < 20; ++i) {
            std::error_code error;
            {
                const ringlet::cancel_scope limit(std::chrono::milliseconds(0));
                co_await source->accept(error);  // leaves the multishot armed
            }
            CHECK(error == std::errc::timed_out);
            co_await source->close();
            source = std::make_unique<listener>(owner, local, options);
        }
        co_await source->close();
        CHECK_THROWS_AS(blocking_client(local), std::system_error);
    });
}

TEST_CASE("close is not cancelled itself, and may be called again", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener source(owner, any_port);
        const address local = source.local_address();
        co_await exchange(source);  // and the kernel goes on accepting
        {
            ringlet::cancel_scope scope;
            scope.cancel();
            co_await source.close();
        }
        CHECK_THROWS_AS(blocking_client(local), std::system_error);
        co_await source.close();
    });
}

TEST_CASE("close ends the connections that nobody took", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener source(owner, any_port);
        std::vector<blocking_client> clients;
        for (int i = 0; i < 5; ++i)
            clients.emplace_back(source.local_address());
        const stream taken = co_await source.accept();
        co_await turn_some_times();  // the others have been accepted ahead
        co_await source.close();
        for (std::size_t i = 1; i < clients.size(); ++i)
            CHECK(clients[i].receive_all().empty());
        CHECK(clients[0].nothing_to_receive());
    });
}

TEST_CASE("a listener destroyed while it accepts leaves nothing open", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const std::size_t before = open_descriptors();
        {
            listener source(owner, any_port);
            const blocking_client client(source.local_address());
            const blocking_client ahead(source.local_address());
            const stream accepted = co_await source.accept();
            co_await turn_some_times();
        }
        while (open_descriptors() > before)  // the kernel has yet to let go of it
            co_await ringlet::yield();
    });
}

TEST_CASE("a listener destroyed after its loop stopped leaves nothing open", "[net]") {
    const std::size_t before = open_descriptors();
    {
        loop owner;
        listener source(owner, any_port);
        run_coroutine(owner, [&]() -> task<> { co_await exchange(source); });
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("with nothing accepted ahead, what nobody waits for stays in the backlog", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener_options options;
        options.accepted_ahead_max = 0;
        listener source(owner, any_port, options);
        std::vector<blocking_client> clients;
        for (int i = 0; i < 5; ++i)
            clients.emplace_back(source.local_address());
        const std::size_t before = open_descriptors();
        const stream first = co_await source.accept();
        co_await turn_some_times();
        CHECK(open_descriptors() == before + 1);
        const stream second = co_await source.accept();
        co_await turn_some_times();
        CHECK(open_descriptors() == before + 2);
        co_await source.close();
    });
}

TEST_CASE("once as many as the limit are accepted ahead, those that come later wait", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener_options options;
        options.accepted_ahead_max = 3;
        listener source(owner, any_port, options);
        std::vector<blocking_client> clients;
        clients.emplace_back(source.local_address());
        const stream first = co_await source.accept();
        const std::size_t before = open_descriptors();
        for (int i = 0; i < 10; ++i) {
            clients.emplace_back(source.local_address());
            co_await turn_some_times();
        }
        CHECK(open_descriptors() == before + 10 + 3);
        CHECK(source.yielded() == 1);
        for (std::size_t i = 1; i < clients.size(); ++i) {
            const stream accepted = co_await source.accept();
            CHECK(accepted.peer_address() == clients[i].local_address());
        }
        CHECK(source.yielded() == clients.size());
        co_await source.close();
    });
}

TEST_CASE("a socket that listens already is taken over, O_NONBLOCK or not", "[net]") {
    const int flags = GENERATE(0, O_NONBLOCK);
    listener_options options;
    options.accepted_ahead_max = GENERATE(0U, 64U);
    run_without_leak([=](loop& owner) -> task<> {
        ringlet::bound_socket listening = listener::open(owner.net(), any_port);
        ::fcntl(listening.native_handle(), F_SETFL, flags);
        listener source(owner, std::move(listening), options);
        for (int i = 0; i < 3; ++i) {
            std::error_code error;
            {
                const ringlet::cancel_scope limit(std::chrono::milliseconds(1));
                co_await source.accept(error);
            }
            CHECK(error == std::errc::timed_out);
            co_await exchange(source);
        }
        co_await source.close();
    });
}

TEST_CASE("a socket that does not listen is refused, and the error says so", "[net]") {
    loop owner;
    const std::size_t before = open_descriptors();
    try {
        const listener source(owner, ringlet::socket::open(owner.net(), AF_INET, SOCK_STREAM));
        FAIL("it was taken");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::invalid_argument);
        CHECK(std::string(error.what()).find("does not listen") != std::string::npos);
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("a socket that is released listens on, and can be taken over", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener first(owner, any_port);
        const address local = first.local_address();
        co_await exchange(first);
        ringlet::bound_socket released = co_await first.release();
        CHECK(released.local_address() == local);
        const blocking_client waiting(local);
        listener second(owner, std::move(released));
        const stream accepted = co_await second.accept();
        CHECK(accepted.peer_address() == waiting.local_address());
        co_await second.close();
    });
}

TEST_CASE("a listener's options reach its socket and the clients'", "[net]") {
    const bool on = GENERATE(true, false);
    run_without_leak([=](loop& owner) -> task<> {
        listener_options options;
        options.binding.reuse_address = on;
        options.binding.reuse_port = on;
        options.no_delay = on;
        ringlet::bound_socket listening = listener::open(owner.net(), any_port, options);
        CHECK(listening.socket().get_option<int>(SOL_SOCKET, SO_REUSEADDR) == int{on});
        CHECK(listening.socket().get_option<int>(SOL_SOCKET, SO_REUSEPORT) == int{on});
        CHECK(::fcntl(listening.native_handle(), F_GETFD) == FD_CLOEXEC);
        listener source(owner, std::move(listening));
        const blocking_client client(source.local_address());
        stream accepted = co_await source.accept();
        CHECK(accepted.socket().get_option<int>(IPPROTO_TCP, TCP_NODELAY) == int{on});
        CHECK(::fcntl(accepted.socket().native_handle(), F_GETFD) == FD_CLOEXEC);
        co_await source.close();
    });
}

TEST_CASE("a listener for every IPv6 address takes IPv4 clients only if asked to", "[net]") {
    if (!has_ipv6_loopback())
        SKIP("there is no IPv6 here");
    run_without_leak([](loop& owner) -> task<> {
        listener_options both;
        both.binding.v6_only = false;
        for (const listener_options& options : {listener_options(), both}) {
            listener source(owner, {"::", 0}, options);
            const address v4("127.0.0.1", source.local_address().port());
            if (options.binding.v6_only) {
                CHECK_THROWS_AS(blocking_client(v4), std::system_error);
            } else {
                const blocking_client client(v4);
                const stream accepted = co_await source.accept();
                CHECK(accepted.peer_address().host() == "::ffff:127.0.0.1");
            }
            co_await source.close();
        }
    });
}

TEST_CASE("a Unix listener takes clients at a path and at an abstract name", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const temporary_directory folder;
        for (const address& local :
             {address::unix_path((folder.path() / "socket").string()), abstract_name("listener")}) {
            listener source(owner, local);
            CHECK(source.local_address() == local);
            co_await exchange(source);
            stream client = co_await ringlet::connect(local);
            const stream accepted = co_await source.accept();
            CHECK(client.peer_address() == local);
            CHECK(accepted.peer_address().to_string() == "unix:");
            co_await source.close();
        }
    });
}

TEST_CASE("the path of a listener goes when it is closed, not when it is released", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const temporary_directory folder;
        const address local = address::unix_path((folder.path() / "socket").string());
        listener first(owner, local);
        ringlet::bound_socket released = co_await first.release();
        co_await first.close();
        CHECK(std::filesystem::is_socket(local.path()));
        listener second(owner, std::move(released));
        co_await exchange(second);
        co_await second.close();
        CHECK(std::filesystem::is_empty(folder.path()));
        {
            listener abandoned(owner, local);
            co_await exchange(abandoned);
        }
        while (!std::filesystem::is_empty(folder.path()))  // the kernel has yet to let go of it
            co_await ringlet::yield();
    });
}

TEST_CASE("a listener that adopted a socket leaves it to others, with its path", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const temporary_directory folder;
        const address local = address::unix_path((folder.path() / "socket").string());
        ringlet::bound_socket original = listener::open(owner.net(), local);
        listener adopting(owner, ringlet::socket(owner.net(), ::dup(original.native_handle())));
        co_await exchange(adopting);
        co_await adopting.close();
        listener source(owner, std::move(original));
        co_await exchange(source);
        co_await source.close();
    });
}

}  // namespace tests::net_listener
