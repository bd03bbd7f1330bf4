#include "blocking_client.hpp"
#include "catch.hpp"
#include "connected_pair.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/detail/accept_operation.hpp>
#include <ringlet/net/listener.hpp>

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace tests::net_accept_operation {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::listener;
using ringlet::listener_options;
using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::task_group;
using ringlet::detail::joinable_task_group;

namespace {

const address any_port("127.0.0.1", 0);

}  // namespace

TEST_CASE("accept yields the clients in the order of their coming", "[net]") {
    const std::size_t ahead_max = GENERATE(0U, 2U, 64U);
    run_without_leak([=](loop& owner) -> task<> {
        listener_options options;
        options.accepted_ahead_max = ahead_max;
        listener source(owner, any_port, options);
        std::vector<blocking_client> clients;
        for (int i = 0; i < 10; ++i)
            clients.emplace_back(source.local_address());
        for (const blocking_client& client : clients) {
            const stream accepted = co_await source.accept();
            CHECK(accepted.is_open());
            CHECK(accepted.peer_address() == client.local_address());
        }
        co_await source.close();
    });
}

TEST_CASE("accept waits for a client to come", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener source(owner, any_port);
        for (int i = 0; i < 3; ++i) {
            blocking_client client(AF_INET);
            owner.post([&] {
                client.connect(source.local_address());
                client.send("hello");
            });
            std::error_code error = std::make_error_code(std::errc::io_error);
            stream accepted = co_await source.accept(error);
            CHECK_FALSE(error);
            const std::string hello = co_await receive(accepted, 5);
            CHECK(hello == "hello");
        }
        co_await source.close();
    });
}

TEST_CASE("a second accept at the same time is a logic_error, and harms nothing", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener source(owner, any_port);
        bool accepted = false;
        bool refused = false;
        const auto acceptor = [&]() -> task<> {
            const stream first = co_await source.accept();
            accepted = first.is_open();
        };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(acceptor());
            try {
                co_await source.accept();
            } catch (const std::logic_error&) {
                refused = true;
            }
            const blocking_client client(source.local_address());
            while (!accepted)
                co_await ringlet::yield();
        });
        CHECK(refused);
        co_await source.close();
    });
}

TEST_CASE("close while an accept is pending cancels it", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener source(owner, any_port);
        std::error_code error;
        const auto acceptor = [&]() -> task<> {
            const stream none = co_await source.accept(error);
            CHECK_FALSE(none.is_open());
        };
        joinable_task_group group;
        group.spawn(acceptor());
        co_await ringlet::yield();  // it is with the kernel now
        co_await source.close();
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        try {
            co_await source.accept();
            FAIL("nothing was thrown");
        } catch (const std::system_error& thrown) {
            CHECK(thrown.code().value() == EBADF);
            CHECK(std::string_view(thrown.what()).starts_with("accept"));
        }
    });
}

TEST_CASE("a deadline ends an accept, and the next client is not lost", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener source(owner, any_port);
        for (int i = 0; i < 3; ++i) {
            std::error_code error;
            {
                const ringlet::cancel_scope limit(1ms);
                const stream none = co_await source.accept(error);
                CHECK_FALSE(none.is_open());
                CHECK(error == std::errc::timed_out);
            }
            const blocking_client client(source.local_address());
            const stream accepted = co_await source.accept();
            CHECK(accepted.peer_address() == client.local_address());
        }
        co_await source.close();
    });
}

TEST_CASE("a client that comes along with a cancellation is not lost", "[net]") {
    const std::size_t ahead_max = GENERATE(0U, 64U);
    run_without_leak([=](loop& owner) -> task<> {
        listener_options options;
        options.accepted_ahead_max = ahead_max;
        listener source(owner, any_port, options);
        for (int i = 0; i < 50; ++i) {
            blocking_client client(AF_INET);
            std::error_code error;
            address peer;
            {
                ringlet::cancel_scope scope;
                owner.post([&] {
                    client.connect(source.local_address());
                    scope.cancel();
                });
                const stream accepted = co_await source.accept(error);
                if (!error)
                    peer = accepted.peer_address();
            }
            if (error) {
                CHECK(error == std::errc::operation_canceled);
                const stream accepted = co_await source.accept();
                peer = accepted.peer_address();
            }
            CHECK(peer == client.local_address());
        }
        co_await source.close();
    });
}

TEST_CASE("accept under a cancelled scope fails at once and takes no client", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener source(owner, any_port);
        const blocking_client client(source.local_address());
        {
            ringlet::cancel_scope scope;
            scope.cancel();
            std::error_code error;
            const stream none = co_await source.accept(error);
            CHECK(error == std::errc::operation_canceled);
            CHECK_FALSE(none.is_open());
        }
        const stream accepted = co_await source.accept();
        CHECK(accepted.peer_address() == client.local_address());
        co_await source.close();
    });
}

TEST_CASE("accepting what waits does not keep the loop to itself", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener_options options;
        options.accepted_ahead_max = 1'000;
        listener source(owner, any_port, options);
        std::vector<blocking_client> clients;
        for (int i = 0; i < 200; ++i)
            clients.emplace_back(source.local_address());
        const stream first = co_await source.accept();
        co_await ringlet::yield();
        bool turned = false;
        owner.post([&] { turned = true; });
        for (int i = 1; i < 200; ++i)
            static_cast<void>(co_await source.accept());
        CHECK(turned);
        co_await source.close();
    });
}

TEST_CASE("a client that has reset already still counts as one, and harms no other", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener source(owner, any_port);
        blocking_client gone(source.local_address());
        const blocking_client there(source.local_address());
        gone.reset();
        address peer;
        while (!(peer == there.local_address())) {
            const stream accepted = co_await source.accept();
            if (accepted.is_open())
                peer = there.local_address();
        }
        co_await source.close();
    });
}

TEST_CASE("an accept that is told to try again does so once a client is there", "[net]") {
    const std::size_t before = open_descriptors();
    {
        // What some kernels answer where the socket has O_NONBLOCK.
        std::vector<unsigned> asked;
        loop owner(std::make_unique<virtual_time_ring>([&](const io_uring_sqe& sqe) -> int {
            asked.push_back(sqe.opcode);
            if (sqe.opcode == IORING_OP_POLL_ADD)
                return POLLIN;
            return asked.size() == 1 ? -EAGAIN : unix_pair().one.release();
        }));
        listener source(owner, any_port);
        ringlet::block_on(owner, [](listener& from) -> task<> {
            const stream accepted = co_await from.accept();
            CHECK(accepted.is_open());
        }(source));
        CHECK(asked ==
              std::vector<unsigned>{IORING_OP_ACCEPT, IORING_OP_POLL_ADD, IORING_OP_ACCEPT});
    }
    CHECK(open_descriptors() == before);
}

}  // namespace tests::net_accept_operation
