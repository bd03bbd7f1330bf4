#include "catch.hpp"
#include "child_process.hpp"
#include "descriptors.hpp"
#include "echo.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"
#include "under_sanitizer.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/signal_set.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/file/file.hpp>
#include <ringlet/net/listener.hpp>
#include <ringlet/server/child_process.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <unistd.h>

#include <cstdio>
#include <set>
#include <string>
#include <vector>

namespace tests::server_child_descriptors {

using ringlet::exit_status;
using ringlet::listener;
using ringlet::loop;
using ringlet::ring_options;
using ringlet::stream;
using ringlet::task;
using ringlet::detail::joinable_task_group;
using process = ringlet::child_process;

namespace {

const ringlet::address any_port("127.0.0.1", 0);

void connect(const ringlet::socket& client, const ringlet::address& server) {
    check_socket_call(::connect(client.native_handle(), server.data(), server.size()), "connect");
}

std::string name_of(int fd) {
    std::string name(256, '\0');
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const auto size = ::readlink(link.c_str(), name.data(), name.size());
    name.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return name;
}

bool names_process(int fd) {
    return name_of(fd).find("[pidfd]") != std::string::npos;
}

/// For a child: 0 if it has these descriptors open and, to learn of its parent's end, one more;
/// otherwise 1, having named on stderr what is wrong.
int has_only(const std::set<int>& expected) {
    int others = 0;
    const std::set<int> open = descriptors();
    for (const int fd : open)
        if (!expected.contains(fd) && (others++ > 0 || !names_process(fd))) {
            std::fprintf(stderr, "inherited: %d, %s\n", fd, name_of(fd).c_str());
            return 1;
        }
    for (const int fd : expected)
        if (!open.contains(fd)) {
            std::fprintf(stderr, "not inherited: %d\n", fd);
            return 1;
        }
    return 0;
}

/// Forks, and checks that the child has only these open.
task<> check_child(const std::set<int>& expected, std::vector<int> keep = {}) {
    process child = process::fork([&] { return has_only(expected); }, keep);
    const exit_status status = co_await child.wait();
    CHECK(status.success());
}

using pipe_ends = std::pair<pipe_end, pipe_end>;

/// Waits until nobody has the pipe's other end open.
int await_closing(pipe_ends& pipe) {
    pipe.second.close();
    char byte = 0;
    return static_cast<int>(::read(pipe.first.native_handle(), &byte, 1));
}

/// A body that goes on until the pipe's other end is closed.
auto live_until_closed(pipe_ends& pipe) {
    return [&] { return await_closing(pipe); };
}

}  // namespace

TEST_CASE("of all that ringlet has open, a child has only what it is to keep", "[server]") {
    const std::set<int> before = descriptors();
    loop owner;
    run_coroutine(owner, [&]() -> task<> {
        auto programs = pipe_end::make_pair();
        const ringlet::file opened = co_await ringlet::file::open("/dev/null");
        std::set<int> expected = before;
        expected.insert(programs.first.native_handle());
        expected.insert(programs.second.native_handle());
        expected.insert(opened.native_handle());

        const loop on_epoll({.ring = {.wanted = ring_options::kind::epoll}});
        const ringlet::tcp_server server(any_port, &echo);
        const ringlet::signal_set signals(SIGUSR1);
        const process sibling = process::fork(live_until_closed(programs));
        stream_pair pair = make_streams(owner);
        listener source(owner, any_port);
        co_await check_child(expected);
        std::vector<int> keep(1, pair.one.socket().native_handle());
        expected.insert(keep.front());
        co_await check_child(expected, keep);
        keep.push_back(programs.first.native_handle());  // which it has anyway
        co_await check_child(expected, keep);
        programs.second.close();
        co_await source.close();
    });
}

TEST_CASE("a child has none of the connections that were accepted ahead, delivered or not",
          "[server]") {
    const std::set<int> before = descriptors();
    loop owner;
    run_coroutine(owner, [&]() -> task<> {
        listener source(owner, any_port);
        std::vector<ringlet::socket> clients;
        std::vector<stream> served;
        const auto connect_some = [&] {
            for (int i = 0; i < 5; ++i) {
                clients.push_back(tcp_socket());
                connect(clients.back(), source.local_address());
            }
        };
        connect_some();
        for (int i = 0; i < 5; ++i) {
            served.push_back(co_await source.accept());
            co_await check_child(before);
        }
        connect_some();
        for (int turns = 0; turns < 3; ++turns)
            co_await ringlet::yield();
        co_await check_child(before);
        co_await source.close();
    });
}

TEST_CASE("a child serves a client in a loop of its own, while its parent's goes on", "[server]") {
    const auto ring = GENERATE(ring_options::kind::any, ring_options::kind::epoll);
    run_without_leak([=](loop& owner) -> task<> {
        listener source(owner, any_port);
        stream client(owner, tcp_socket());
        connect(client.socket(), source.local_address());
        stream accepted = co_await source.accept();
        ringlet::socket served = accepted.release();
        const std::vector<int> keep(1, served.native_handle());
        process child = process::fork(
            [&] {
                loop own({.ring = {.wanted = ring}});
                stream request(own, std::move(served));
                ringlet::block_on(own, echo(request));
                return 0;
            },
            keep);
        served = ringlet::socket();
        for (int i = 0; i < 100; ++i) {
            co_await client.send_all("hello");
            const std::string answer = co_await receive(client, 5);
            REQUIRE(answer == "hello");
        }
        co_await client.end_sending();
        const std::string rest = co_await receive(client, 1);
        CHECK(rest.empty());
        const exit_status status = co_await child.wait();
        CHECK(status.success());
    });
}

TEST_CASE("a client sees the end of the stream at once that its child has closed, though the "
          "parent lives",
          "[server]") {
    run_without_leak([](loop& owner) -> task<> {
        auto alive = pipe_end::make_pair();
        stream_pair pair = make_streams(owner);
        ringlet::socket served = pair.one.release();
        const std::vector<int> keep(1, served.native_handle());
        process child = process::fork(
            [&] {
                served = ringlet::socket();
                return await_closing(alive);
            },
            keep);
        served = ringlet::socket();
        const std::string rest = co_await receive(pair.other, 1);
        CHECK(rest.empty());
        CHECK(child.pending());
        alive.second.close();
        const exit_status status = co_await child.wait();
        CHECK(status.success());
    });
}

TEST_CASE("a client sees the end of the stream at once that the parent has closed, though a child "
          "lives",
          "[server]") {
    run_without_leak([](loop& owner) -> task<> {
        auto alive = pipe_end::make_pair();
        stream_pair pair = make_streams(owner);
        process child = process::fork(live_until_closed(alive));
        co_await pair.one.close();
        const std::string rest = co_await receive(pair.other, 1);
        CHECK(rest.empty());
        CHECK(child.pending());
        alive.second.close();
        const exit_status status = co_await child.wait();
        CHECK(status.success());
    });
}

TEST_CASE("a port is free as soon as the parent's listener is closed, though a child lives",
          "[server]") {
    run_without_leak([](loop& owner) -> task<> {
        auto alive = pipe_end::make_pair();
        auto begun = pipe_end::make_pair();
        listener source(owner, any_port);
        const ringlet::address where = source.local_address();
        process child = process::fork([&] {
            begun.second.close();  // as ringlet's have been by now
            return await_closing(alive);
        });
        await_closing(begun);
        co_await source.close();
        ringlet::listener_options exclusive;
        exclusive.binding.reuse_address = false;
        listener next(owner, where, exclusive);
        co_await next.close();
        alive.second.close();
        const exit_status status = co_await child.wait();
        CHECK(status.success());
    });
}

TEST_CASE("a child has nothing that is being closed", "[server]") {
    const std::set<int> before = descriptors();
    loop owner;
    run_coroutine(owner, [&]() -> task<> {
        stream_pair pair = make_streams(owner);
        joinable_task_group group;
        group.spawn(pair.one.close());  // it is prepared, and waits for the loop to hand it over
        process child = process::fork([&] { return has_only(before); });
        co_await group.join();
        const exit_status status = co_await child.wait();
        CHECK(status.success());
    });
}

}  // namespace tests::server_child_descriptors
