#include "byte_pattern.hpp"
#include "cancellable.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "receive.hpp"
#include "run_virtually.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/relay.hpp>
#include <ringlet/net/stream_pair.hpp>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::net_relay {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::relay;
using ringlet::relay_result;
using ringlet::stream;
using ringlet::task;
using ringlet::task_group;
using ringlet::detail::joinable_task_group;

namespace {

/// A client and a server, between which a relay forwards.
struct forwarded {
    explicit forwarded(loop& owner, stream_transport kind = stream_transport::tcp)
        : front(make_streams(owner, kind)), rear(make_streams(owner, kind)) {}

    stream_pair front;
    stream_pair rear;
    stream& client = front.one;
    stream& near = front.other;
    stream& far = rear.one;
    stream& server = rear.other;

    task<> run() { result = co_await relay(near, far); }

    relay_result result;
};

/// A client and a server in memory, between which a relay forwards.
struct forwarded_in_memory {
    explicit forwarded_in_memory(std::size_t capacity = 1000) : front(capacity), rear(capacity) {}

    ringlet::stream_pair front;
    ringlet::stream_pair rear;
    ringlet::stream& client = front.one;
    ringlet::stream& near = front.other;
    ringlet::stream& far = rear.one;
    ringlet::stream& server = rear.other;

    task<> run(ringlet::relay_options options = {}) { result = co_await relay(near, far, options); }

    relay_result result;
};

task<std::string> receive_all(stream& from) {
    return receive(from, std::size_t{64} << 20U);
}

task<> send_whole(stream& to, std::string_view bytes) {
    co_await to.send_all(bytes);
    co_await to.end_sending();
}

template <class Stream>
task<std::error_code> receive_error(Stream& from) {
    std::array<char, 16> buffer{};
    std::error_code error;
    co_await from.recv(buffer, error);
    co_return error;
}

/// A stream in both directions that fails as no stream of the library does, once it is told to.
struct odd_stream {
    ringlet::event failing;
    bool aborted = false;

    task<std::size_t> recv(ringlet::mutable_buffer /*into*/) {
        co_await failing.wait();
        throw std::runtime_error("odd");
    }
    task<> send_all(ringlet::const_buffer /*from*/) { co_return; }
    task<> end_sending() { co_return; }
    task<> abort() {
        aborted = true;
        co_return;
    }
};

}  // namespace

TEST_CASE("a relay passes on each end, in either order, and what comes after it", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    const bool client_first = GENERATE(false, true);
    run_without_leak([=](loop& owner) -> task<> {
        forwarded here(owner, kind);
        stream& first = client_first ? here.client : here.server;
        stream& second = client_first ? here.server : here.client;
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(here.run());
            co_await send_whole(first, "a question");
            CHECK_AWAITED(co_await receive_all(second), "a question");
            co_await send_whole(second, "its answer");
            CHECK_AWAITED(co_await receive_all(first), "its answer");
        });
        CHECK(here.result.forth == 10);
        CHECK(here.result.back == 10);
        CHECK_FALSE(here.result.one_error);
        CHECK_FALSE(here.result.other_error);
        CHECK(here.near.is_open());
        CHECK(here.far.is_open());
    });
}

TEST_CASE("much goes both ways through a relay at a time", "[net]") {
    const auto kind = GENERATE(stream_transport::tcp, stream_transport::unix_socket);
    run_without_leak([=](loop& owner) -> task<> {
        forwarded here(owner, kind);
        bound_buffers(here.front);
        bound_buffers(here.rear);
        const std::string request = byte_pattern(3 << 20);
        const std::string reply = byte_pattern(4 << 20);
        std::string answered;
        const auto receive_reply = [&]() -> task<> {
            answered = co_await receive_all(here.client);
        };
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(here.run());
            group.spawn(send_whole(here.client, request));
            group.spawn(send_whole(here.server, reply));
            group.spawn(receive_reply());
            const std::string asked = co_await receive_all(here.server);
            CHECK((asked == request));
        });
        CHECK((answered == reply));
        CHECK(here.result.forth == request.size());
        CHECK(here.result.back == reply.size());
    });
}

TEST_CASE("a relay passes on a reset as a reset, and tells who it was", "[net]") {
    const bool of_client = GENERATE(false, true);
    const bool after_end = GENERATE(false, true);
    run_without_leak([=](loop& owner) -> task<> {
        forwarded here(owner);
        stream& resets = of_client ? here.client : here.server;
        stream& stays = of_client ? here.server : here.client;
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(here.run());
            co_await resets.send_all("part");
            CHECK_AWAITED(co_await receive(stays, 4), "part");
            if (after_end) {
                co_await stays.end_sending();
                CHECK_AWAITED(co_await receive_all(resets), "");
            }
            co_await resets.abort();
            CHECK_AWAITED(co_await receive_error(stays), std::errc::connection_reset);
        });
        const relay_result& result = here.result;
        CHECK((of_client ? result.one_error : result.other_error) == std::errc::connection_reset);
        CHECK_FALSE((of_client ? result.other_error : result.one_error));
        CHECK(result.forth == (of_client ? 4 : 0));
        CHECK(result.back == (of_client ? 0 : 4));
        CHECK_FALSE(here.near.is_open());
        CHECK_FALSE(here.far.is_open());
    });
}

TEST_CASE("a relay that cannot send tells which stream takes nothing", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        forwarded here(owner, stream_transport::unix_socket);
        joinable_task_group group;
        group.spawn(here.run());
        here.server.socket().shutdown(SHUT_RD);
        co_await here.client.send_all("to nobody");
        co_await group.join();
        CHECK(here.result.other_error == std::errc::broken_pipe);
        CHECK_FALSE(here.result.one_error);
        CHECK(here.result.forth == 0);
        CHECK_FALSE(here.near.is_open());
        CHECK_FALSE(here.far.is_open());
    });
}

TEST_CASE("a relay ends when nothing has gone either way for so long", "[net]") {
    run_virtually([](loop& owner) -> task<> {
        forwarded_in_memory here;
        joinable_task_group group;
        group.spawn(here.run());
        std::array<char, 16> buffer{};
        for (int i = 0; i < 3; ++i) {
            co_await ringlet::sleep_for(599s);
            co_await here.client.send_all("still here");
            CHECK_AWAITED(co_await here.server.recv(buffer), 10);
            co_await ringlet::sleep_for(599s);
            co_await here.server.send_all("so am I");
            CHECK_AWAITED(co_await here.client.recv(buffer), 7);
        }
        co_await here.client.end_sending();
        const auto silent_since = owner.now();
        co_await group.join();
        CHECK(owner.now() - silent_since == 600s);
        CHECK(here.result.one_error == std::errc::timed_out);
        CHECK(here.result.other_error == std::errc::timed_out);
        CHECK(here.result.forth == 30);
        CHECK(here.result.back == 21);
        CHECK_AWAITED(co_await receive_error(here.client), std::errc::connection_reset);
    });
}

TEST_CASE("a relay to a slow receiver waits, and ends when that takes nothing for so long",
          "[net]") {
    run_virtually([](loop& owner) -> task<> {
        forwarded_in_memory here(10);
        std::size_t sent = 0;
        std::error_code error;
        const auto send_much = [&]() -> task<> {
            const std::string much(1000, 'x');
            sent = co_await here.client.send_all(much, error);
        };
        joinable_task_group group;
        group.spawn(here.run({.idle_timeout = 5s, .buffer_size = 3}));
        group.spawn(send_much());
        std::array<char, 3> buffer{};
        for (int i = 0; i < 4; ++i) {
            co_await ringlet::sleep_for(4s);
            co_await here.server.recv(buffer);
        }
        co_await group.join();
        CHECK(owner.now().time_since_epoch() == 4 * 4s + 5s);
        CHECK(here.result.one_error == std::errc::timed_out);
        CHECK(error == std::errc::broken_pipe);
        CHECK(sent <= 10 + 3 + 10 + 4 * 3);
    });
}

TEST_CASE("a relay to a slow receiver keeps no lent buffer from others", "[net]") {
    loop owner(ringlet::loop_options{.receive_buffers_max = 1, .receive_buffers_held_max = 0});
    run_coroutine(owner, [&]() -> task<> {
        forwarded here(owner);
        bound_buffers(here.front);
        bound_buffers(here.rear);
        stream_pair others = make_streams(owner);
        std::error_code error;
        const auto send_much = [&]() -> task<> {
            const std::string much = byte_pattern(8 << 20);
            co_await here.client.send_all(much, error);
        };
        joinable_task_group group;
        group.spawn(here.run());
        group.spawn(send_much());
        co_await receive(here.server, 1 << 20);  // and no more
        for (int i = 0; i < 1000; ++i) {
            co_await others.one.send_all("hello");
            for (std::size_t left = 5; left > 0;)
                left -= (co_await others.other.recv_lent()).size();
        }
        CHECK_FALSE(here.far.idle());
        co_await here.server.abort();
        co_await group.join();
        CHECK(here.result.other_error);
    });
}

TEST_CASE("a relay without a limit is idle for as long as it likes", "[net]") {
    run_virtually([](loop&) -> task<> {
        forwarded_in_memory here;
        joinable_task_group group;
        group.spawn(here.run({.idle_timeout = 0s}));
        co_await ringlet::sleep_for(24h * 365);
        co_await here.client.end_sending();
        co_await here.server.end_sending();
        co_await group.join();
        CHECK_FALSE(here.result.one_error);
    });
}

TEST_CASE("a relay that is cancelled resets both its peers", "[net]") {
    const bool by_deadline = GENERATE(false, true);
    run_without_leak([=](loop& owner) -> task<> {
        forwarded here(owner);
        std::error_code thrown;
        ringlet::cancel_scope* relaying = nullptr;
        const auto attempt = [&]() -> task<> {
            try {
                if (by_deadline)
                    co_await ringlet::with_timeout(1ms, here.run());
                else
                    co_await here.run();
            } catch (const std::system_error& failure) {
                thrown = failure.code();
            }
        };
        joinable_task_group group;
        group.spawn(cancellable(relaying, attempt()));
        if (!by_deadline) {
            co_await here.client.send_all("part");
            CHECK_AWAITED(co_await receive(here.server, 4), "part");
            relaying->cancel();
        }
        co_await group.join();
        CHECK(thrown == (by_deadline ? std::errc::timed_out : std::errc::operation_canceled));
        CHECK_AWAITED(co_await receive_error(here.client), std::errc::connection_reset);
        CHECK_AWAITED(co_await receive_error(here.server), std::errc::connection_reset);
        CHECK_FALSE(here.near.is_open());
    });
}

TEST_CASE("a relay one of whose streams is closed meanwhile says so, and resets the other peer",
          "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        forwarded here(owner);
        std::error_code thrown;
        const auto attempt = [&]() -> task<> {
            try {
                co_await here.run();
            } catch (const std::system_error& failure) {
                thrown = failure.code();
            }
        };
        joinable_task_group group;
        group.spawn(attempt());
        co_await ringlet::yield();
        co_await here.near.close();
        co_await group.join();
        CHECK(thrown == std::errc::operation_canceled);
        CHECK_AWAITED(co_await receive_error(here.server), std::errc::connection_reset);
    });
}

TEST_CASE("an exception of another kind ends a relay, and resets both its peers", "[net]") {
    run_virtually([](loop&) -> task<> {
        ringlet::stream_pair pair;
        odd_stream odd;
        std::string thrown;
        const auto attempt = [&]() -> task<> {
            try {
                co_await relay(odd, pair.one);
            } catch (const std::runtime_error& failure) {
                thrown = failure.what();
            }
        };
        joinable_task_group group;
        group.spawn(attempt());
        co_await pair.other.send_all("x");
        co_await ringlet::yield();
        odd.failing.set();
        co_await group.join();
        CHECK(thrown == "odd");
        CHECK(odd.aborted);
        CHECK_AWAITED(co_await receive_error(pair.other), std::errc::connection_reset);
    });
}

TEST_CASE("a relay refuses options out of range", "[net]") {
    run_virtually([](loop&) -> task<> {
        forwarded_in_memory here;
        const auto refusal = [&](ringlet::relay_options options) -> task<std::string> {
            try {
                co_await here.run(options);
            } catch (const std::invalid_argument& refused) {
                co_return refused.what();
            }
            co_return "none";
        };
        CHECK_AWAITED(co_await refusal({.idle_timeout = -1ms}),
                      "relay_options: idle_timeout must be 0 to a year");
        CHECK_AWAITED(co_await refusal({.buffer_size = 0}),
                      "relay_options: buffer_size must be 1 or more");
    });
}

}  // namespace tests::net_relay
