#include "byte_pattern.hpp"
#include "cancellable.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "inverting_layer.hpp"
#include "receive.hpp"
#include "run_virtually.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/relay.hpp>
#include <ringlet/net/stream_layer.hpp>
#include <ringlet/net/stream_pair.hpp>
#include <ringlet/net/stream_watch.hpp>
#include <ringlet/net/writer.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace tests::net_stream_layer {

using namespace std::chrono_literals;
using ringlet::const_buffer;
using ringlet::loop;
using ringlet::mutable_buffer;
using ringlet::stream;
using ringlet::stream_layer;
using ringlet::task;
using ringlet::detail::joinable_task_group;

namespace {

/// Two streams on layers, over sockets.
struct layered_pair {
    explicit layered_pair(loop& owner)
        : layered_pair(owner, make_streams(owner, stream_transport::tcp)) {}

    stream one;
    stream other;

private:
    layered_pair(loop& owner, stream_pair below)
        : one(owner, std::make_unique<inverting_layer>(std::move(below.one))),
          other(owner, std::make_unique<inverting_layer>(std::move(below.other))) {}
};

/// A layer on nothing whose calls fail in the way that `fail` says.
class failing : public stream_layer {
public:
    template <class Fail>
    explicit failing(Fail fail) : fail_(fail) {}

    task<std::size_t> recv(mutable_buffer /*buffer*/, std::error_code& error) override {
        fail_(error);
        co_return 0;
    }
    task<> readable(std::error_code& error) override {
        fail_(error);
        co_return;
    }
    task<std::size_t> send_all(std::span<const const_buffer> /*buffers*/,
                               std::error_code& error) override {
        fail_(error);
        co_return 3;
    }
    task<> end_sending(std::error_code& error) override {
        fail_(error);
        co_return;
    }
    task<> close() override { co_return; }
    task<> abort() override { co_return; }

private:
    std::function<void(std::error_code&)> fail_;
};

}  // namespace

TEST_CASE("a stream on a layer does what a stream on a socket does", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        layered_pair pair(owner);
        std::atomic<std::uint64_t> received = 0;
        std::atomic<std::uint64_t> sent = 0;
        pair.one.count_traffic(received, sent);
        CHECK(pair.one.is_open());
        co_await pair.one.send_all("head, ");
        co_await pair.one.send_all("and ", std::string("a tail"), "; ");
        const std::array<const_buffer, 3> several{"more", "", " of it"};
        co_await pair.one.send_all(several);
        CHECK_AWAITED(co_await pair.one.send("!"), 1);
        CHECK_AWAITED(co_await pair.one.send_all(""), 0);
        co_await pair.one.end_sending();
        CHECK_AWAITED(co_await receive(pair.other, 100), "head, and a tail; more of it!");
        std::array<char, 4> piece{};
        CHECK_AWAITED(co_await pair.other.recv(piece), 0);
        CHECK(pair.other.at_end());
        CHECK_FALSE(pair.one.at_end());
        co_await pair.other.send_all("answer");
        CHECK_AWAITED(co_await pair.one.recv(piece), 4);
        {
            const auto lent = co_await pair.one.recv_lent();
            CHECK(std::string_view(reinterpret_cast<char*>(lent.data()), lent.size()) == "er");
        }
        CHECK(sent == 29);
        CHECK(received == 6);
        co_await pair.other.close();
        CHECK_FALSE(pair.other.is_open());
        CHECK(pair.other.layer() == nullptr);
        const auto end = co_await pair.one.recv_lent();
        CHECK(end.empty());
        std::error_code error;
        co_await pair.other.send_all("x", error);
        CHECK(error.value() == EBADF);
        co_await pair.other.end_sending(error);
        CHECK(error.value() == EBADF);
        co_await pair.other.close();
        co_await pair.one.close();
    });
}

TEST_CASE("a stream on a layer has the addresses and options of the socket below", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        layered_pair pair(owner);
        CHECK(pair.one.peer_address() == pair.other.local_address());
        CHECK(pair.one.peer_address().family() == AF_INET);
        pair.one.set_no_delay(true);
        CHECK(pair.one.socket().is_open());
        CHECK(&pair.one.socket() == &pair.one.layer()->below()->socket());
        CHECK_THROWS_AS(pair.one.peer_credentials(), std::system_error);
        co_await pair.one.abort();
        std::array<char, 4> piece{};
        std::error_code error;
        co_await pair.other.recv(piece, error);
        CHECK(error == std::errc::connection_reset);
        co_await pair.other.close();
    });
}

TEST_CASE("a stream without a socket has no address and takes no option", "[net]") {
    run_virtually([](loop&) -> task<> {
        ringlet::stream_pair pair;
        CHECK(pair.one.local_address().family() == AF_UNSPEC);
        CHECK(pair.one.peer_address().family() == AF_UNSPEC);
        CHECK_FALSE(pair.one.socket().is_open());
        std::error_code refused;
        try {
            pair.one.set_no_delay(true);
        } catch (const std::system_error& failure) {
            refused = failure.code();
            CHECK(std::string(failure.what()).find("set_no_delay: the stream has no socket") == 0);
        }
        CHECK(refused == std::errc::operation_not_supported);
        CHECK_THROWS_AS(pair.one.set_reset_on_close(true), std::system_error);
        CHECK_THROWS_AS(pair.one.peer_credentials(), std::system_error);
        co_return;
    });
}

TEST_CASE("a large send reaches a layer in pieces, and arrives whole", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        layered_pair pair(owner);
        const std::string bytes = byte_pattern(3'000'000);
        const bool gathered = GENERATE(false, true);
        const auto send = [&]() -> task<> {
            std::size_t sent = 0;
            if (gathered)
                sent = co_await pair.one.send_all(std::string_view(bytes).substr(0, 100), "",
                                                  std::string_view(bytes).substr(100, 1'000'000),
                                                  std::string_view(bytes).substr(1'000'100));
            else
                sent = co_await pair.one.send_all(bytes);
            CHECK(sent == bytes.size());
            co_await pair.one.end_sending();
        };
        joinable_task_group group;
        group.spawn(send());
        const std::string received = co_await receive(pair.other, bytes.size() + 1);
        CHECK((received == bytes));
        co_await group.join();
        CHECK(std::ranges::max(static_cast<inverting_layer*>(pair.one.layer())->sends()) <= 65'536);
        co_await pair.one.close();
        co_await pair.other.close();
    });
}

TEST_CASE("what waits on a layer is cancelled, late and closed as on a socket", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        layered_pair pair(owner);
        std::array<char, 4> piece{};
        std::error_code error;
        co_await ringlet::with_timeout(1ms, pair.one.recv(piece, error));
        CHECK(error == std::errc::timed_out);
        {
            ringlet::cancel_scope scope;
            scope.cancel();
            co_await pair.one.recv(piece, error);
            CHECK(error == std::errc::operation_canceled);
            co_await pair.one.recv_lent(error);
            CHECK(error == std::errc::operation_canceled);
            co_await pair.one.send_all("x", error);
            CHECK(error == std::errc::operation_canceled);
            co_await pair.one.end_sending(error);
            CHECK(error == std::errc::operation_canceled);
        }
        {
            const ringlet::stream_watch watch(pair.one, {.read = 1ms});
            co_await pair.one.recv(piece, error);
            CHECK(error == std::errc::timed_out);
            co_await pair.one.recv_lent(error);
            CHECK(error == std::errc::timed_out);
        }
        std::error_code closed;
        const auto wait = [&]() -> task<> { co_await pair.one.recv(piece, closed); };
        const auto wait_too = [&]() -> task<> { co_await pair.one.recv(piece); };
        joinable_task_group group;
        group.spawn(wait());
        CHECK_FALSE(pair.one.idle());
        bool refused = false;
        try {
            co_await wait_too();
        } catch (const std::logic_error&) {
            refused = true;
        }
        CHECK(refused);
        co_await pair.one.close();
        co_await group.join();
        CHECK(closed == std::errc::operation_canceled);
        co_await pair.other.close();
    });
}

TEST_CASE("a stream is closed while its layer still ends", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        struct slow_to_close final : public failing {
            explicit slow_to_close(ringlet::event& may_end)
                : failing([](std::error_code&) {}), may_end_(may_end) {}
            task<> close() override { co_await may_end_.wait(); }
            ringlet::event& may_end_;
        };
        ringlet::event may_end;
        stream closing(owner, std::make_unique<slow_to_close>(may_end));
        joinable_task_group group;
        group.spawn(closing.close());
        CHECK_FALSE(closing.is_open());
        std::array<char, 4> piece{};
        std::error_code error;
        co_await closing.recv(piece, error);
        CHECK(error.value() == EBADF);
        may_end.set();
        co_await group.join();
    });
}

TEST_CASE("a coroutine that does not end in a cancelled scope keeps no other from running on a "
          "layer",
          "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        layered_pair pair(owner);
        bool ended = false;
        const auto insist = [&]() -> task<> {
            ringlet::cancel_scope scope;
            scope.cancel();
            std::array<char, 4> piece{};
            std::error_code error;
            while (!ended)
                co_await pair.one.recv(piece, error);
        };
        joinable_task_group group;
        group.spawn(insist());
        co_await ringlet::sleep_for(1ms);
        ended = true;
        co_await group.join();
        co_await pair.one.close();
        co_await pair.other.close();
    });
}

TEST_CASE("a layer whose calls never wait keeps no other coroutine from running", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream endless(owner, std::make_unique<failing>([](std::error_code&) {}));
        bool ended = false;
        const auto receive_ends = [&]() -> task<> {
            std::array<char, 4> piece{};
            while (!ended)
                co_await endless.recv(piece);
        };
        joinable_task_group group;
        group.spawn(receive_ends());
        co_await ringlet::sleep_for(1ms);
        ended = true;
        co_await group.join();
        co_await endless.close();
    });
}

TEST_CASE("the errors of a layer are those of the stream, of whatever category", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const std::error_code odd(7, std::generic_category());
        stream broken(owner,
                      std::make_unique<failing>([odd](std::error_code& error) { error = odd; }));
        std::array<char, 4> piece{};
        std::error_code error;
        CHECK_AWAITED(co_await broken.recv(piece, error), 0);
        CHECK(error == odd);
        CHECK_AWAITED(co_await broken.send_all("1234", error), 3);
        CHECK(error == odd);
        co_await broken.end_sending(error);
        CHECK(error == odd);
        std::string text;
        try {
            co_await broken.recv(piece);
        } catch (const std::system_error& failure) {
            CHECK(failure.code() == odd);
            text = failure.what();
        }
        CHECK(text.find("recv: ") == 0);
        co_await broken.close();
    });
}

TEST_CASE("what a layer throws is thrown to the coroutine that uses the stream", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream broken(owner,
                      std::make_unique<failing>([](std::error_code&) { throw std::bad_alloc(); }));
        std::array<char, 4> piece{};
        std::error_code error;
        int thrown = 0;
        const auto count = [&](task<> awaited) -> task<> {
            try {
                co_await std::move(awaited);
            } catch (const std::bad_alloc&) {
                ++thrown;
            }
        };
        const auto receive_one = [&]() -> task<> { co_await broken.recv(piece, error); };
        const auto receive_lent = [&]() -> task<> { co_await broken.recv_lent(); };
        const auto send = [&]() -> task<> { co_await broken.send_all("1234", error); };
        const auto end = [&]() -> task<> { co_await broken.end_sending(error); };
        co_await count(receive_one());
        co_await count(receive_lent());
        co_await count(send());
        co_await count(end());
        CHECK(thrown == 4);
        CHECK(broken.idle());
        co_await broken.close();
    });
}

TEST_CASE("a layer stands on a layer, and a relay on both", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        ringlet::stream_pair front;
        layered_pair rear(owner);
        stream doubled(owner, std::make_unique<inverting_layer>(std::move(rear.one)));
        stream plain(owner, std::make_unique<inverting_layer>(std::move(rear.other)));
        joinable_task_group group;
        ringlet::relay_result result;
        const auto run = [&]() -> task<> {
            result = co_await ringlet::relay(front.other, doubled);
        };
        group.spawn(run());
        ringlet::writer out(front.one);
        co_await out.print("a question\n");
        co_await out.flush();
        {
            ringlet::reader in(plain);
            CHECK_AWAITED(*co_await in.read_line(), "a question");
        }
        co_await plain.send_all("an answer");
        co_await plain.end_sending();
        co_await front.one.end_sending();
        CHECK_AWAITED(co_await receive(front.one, 100), "an answer");
        co_await group.join();
        CHECK(result.forth == 11);
        CHECK(result.back == 9);
        co_await plain.close();
        co_await doubled.close();
    });
}

}  // namespace tests::net_stream_layer
