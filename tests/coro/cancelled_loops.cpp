// A coroutine that goes on and on although its scope is cancelled, since it takes its errors as
// codes or catches them, does not keep the others of its loop from running.

#include "captured_log.hpp"
#include "catch.hpp"
#include "connected_pair.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/channel.hpp>
#include <ringlet/coro/concurrent_channel.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/mutex.hpp>
#include <ringlet/coro/offload.hpp>
#include <ringlet/coro/poll.hpp>
#include <ringlet/coro/semaphore.hpp>
#include <ringlet/coro/signal_set.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/token_bucket.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/file/file.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/listener.hpp>
#include <ringlet/net/resolve.hpp>
#include <ringlet/net/stream.hpp>

#include <poll.h>

#include <array>
#include <chrono>
#include <csignal>
#include <string_view>
#include <system_error>

namespace tests::coro_cancelled_loops {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::task;
using ringlet::task_group;
using ringlet::detail::joinable_task_group;

namespace {

/// Whether another coroutine goes on while this one awaits what `again()` makes over and over, in a
/// cancelled scope.
template <class Again>
task<bool> gives_way(Again& again) {
    bool gone_on = false;
    joinable_task_group group;
    group.spawn([&]() -> task<> {
        co_await ringlet::yield();
        gone_on = true;
    });
    {
        cancel_scope scope;
        scope.cancel();
        for (int i = 0; i < 100'000 && !gone_on; ++i) {
            try {
                co_await again();
            } catch (const std::system_error& error) {
                CHECK(error.code() == std::errc::operation_canceled);
            }
        }
    }
    const bool meanwhile = gone_on;
    co_await group.join();
    co_return meanwhile;
}

/// Checks `gives_way` for what `again()` makes.
template <class Again>
void check_gives_way(const char* name, Again again) {
    INFO(name);
    const bool given_way = run_coroutine([&] { return gives_way(again); });
    CHECK(given_way);
}

}  // namespace

TEST_CASE("who waits in vain in a cancelled scope gives way: time and other coroutines", "[coro]") {
    std::error_code error;
    check_gives_way("sleep_for", [&] { return ringlet::sleep_for(1h, error); });
    check_gives_way("yield", [] { return ringlet::yield(); });
    ringlet::event event;
    check_gives_way("event", [&] { return event.wait(error); });
    ringlet::event over;
    over.set();
    check_gives_way("event that is set", [&] { return over.wait(error); });
    ringlet::semaphore semaphore(1);
    check_gives_way("semaphore", [&] { return semaphore.acquire(error); });
    ringlet::mutex mutex;
    check_gives_way("mutex", [&] { return mutex.lock(); });
    ringlet::channel<int> channel(1);
    check_gives_way("send", [&] { return channel.send(1, error); });
    check_gives_way("receive", [&] { return channel.receive(error); });
    ringlet::concurrent_channel<int> between_loops(1);
    check_gives_way("concurrent receive", [&] { return between_loops.receive(error); });
    check_gives_way("offload", [] { return ringlet::offload([] {}); });
    check_gives_way("token_bucket", [&]() -> task<> {
        ringlet::token_bucket bucket({.per_second = 1, .burst = 1});
        co_await bucket.take(error);
    });
    check_gives_way("signal_set", [&]() -> task<> {
        ringlet::signal_set signals(SIGUSR1);
        co_await signals.wait(error);
    });
    check_gives_way("with_timeout", [&]() -> task<> {
        co_await ringlet::with_timeout(1h, ringlet::sleep_for(2h, error));
    });
    check_gives_way("task_group", [&]() -> task<> {
        co_await task_group::run(
            [](task_group& group) { group.spawn([] { return ringlet::sleep_for(1h); }); });
    });
}

TEST_CASE("who waits in vain in a cancelled scope gives way: descriptors", "[coro]") {
    std::error_code error;
    const connected_pair pair = unix_pair();
    check_gives_way("poll", [&] { return ringlet::poll(pair.fd(), POLLIN, error); });
    check_gives_way("connect", [&] { return ringlet::connect({"127.0.0.1", 1}, error); });
    check_gives_way("resolve", [&] { return ringlet::resolve("name.example", 80, {}, error); });
    loop owner;
    ringlet::stream stream(owner, unix_pair().one);
    std::array<char, 8> buffer;
    const auto check_in_loop = [&](const char* name, auto again) {
        INFO(name);
        const bool given_way = run_coroutine(owner, [&] { return gives_way(again); });
        CHECK(given_way);
    };
    ringlet::listener listener(owner, {"127.0.0.1", 0});
    check_in_loop("accept", [&] { return listener.accept(error); });
    check_in_loop("recv", [&] { return stream.recv(buffer, error); });
    check_in_loop("recv_lent", [&] { return stream.recv_lent(error); });
    check_in_loop("send_all", [&] { return stream.send_all("text", error); });
    check_in_loop("send nothing", [&] { return stream.send_all("", error); });
    check_in_loop("file", [&] { return ringlet::file::open("/dev/null", O_RDONLY, 0, error); });
    run_coroutine(owner, [&]() -> task<> {
        co_await stream.close();
        co_await listener.close();
    });
}

TEST_CASE("the log names the line at which a cancelled coroutine goes on and on", "[coro]") {
    const captured_log log;
    run_coroutine([&]() -> task<> {
        cancel_scope scope;
        scope.cancel();
        std::error_code error;
        for (int i = 0; i < 1'000'000 && log.lines().empty(); i += 1000)
            for (int j = 0; j < 1000; ++j)
                co_await ringlet::sleep_for(100ms, error);
        for (int i = 0; i < 200'000; ++i)
            co_await ringlet::sleep_for(100ms, error);
    });
    REQUIRE(log.lines().size() == 1);
    CHECK(log.text().find("a coroutine goes on and on though it is cancelled") !=
          std::string::npos);
    CHECK(log.text().find("cancelled_loops.cpp") != std::string::npos);
    CHECK(log.levels().front() == ringlet::log_level::warning);
}

TEST_CASE("coroutines that end when they are cancelled are not named in the log", "[coro]") {
    const captured_log log;
    run_coroutine([]() -> task<> {
        joinable_task_group group;
        for (int i = 0; i < 2000; ++i)
            group.spawn([]() -> task<> {
                std::error_code error;
                co_await ringlet::sleep_for(1h, error);
                for (int j = 0; j < 60; ++j)
                    co_await ringlet::sleep_for(1h, error);
            });
        group.cancel();
        co_await group.join();
    });
    CHECK(log.lines().empty());
}

}  // namespace tests::coro_cancelled_loops
