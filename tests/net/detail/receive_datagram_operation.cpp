// Cancelling, stopping and destroying, at any moment.

#include "cancellable.hpp"
#include "catch.hpp"
#include "connected_pair.hpp"
#include "others_go_on.hpp"
#include "run_without_leak.hpp"
#include "suspensions.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/datagram_receiver.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tests::net_receive_datagram_operation {

using namespace std::chrono_literals;
using ringlet::datagram;
using ringlet::datagram_receiver;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::joinable_task_group;

static_assert(!std::is_aggregate_v<ringlet::detail::receive_datagram_operation>);

namespace {

struct outcome {
    std::string text{};
    std::error_code error{};
};

std::string text_of(const datagram& read) {
    return {reinterpret_cast<const char*>(read.data().data()), read.data().size()};
}

task<> receive(datagram_receiver& from, outcome& ended) {
    const datagram got = co_await from.receive(ended.error);
    ended.text = text_of(got);
}

void send(const connected_pair& pair, std::string_view text) {
    CHECK(::send(pair.peer(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("a receive under a scope that is cancelled fails with its reason", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const connected_pair pair = unix_pair(SOCK_DGRAM);
        datagram_receiver receiver(owner, pair.one);
        outcome by_hand;
        outcome by_deadline;
        outcome too_late;
        {
            ringlet::cancel_scope scope;
            owner.post([&] { scope.cancel(); });
            co_await receive(receiver, by_hand);
        }
        {
            const ringlet::cancel_scope scope(1ms);
            co_await receive(receiver, by_deadline);
            send(pair, "kept");
            co_await receive(receiver, too_late);
        }
        CHECK(by_hand.error == std::errc::operation_canceled);
        CHECK(by_deadline.error == std::errc::timed_out);
        CHECK(too_late.error == std::errc::timed_out);
        outcome next;
        co_await receive(receiver, next);
        CHECK(next.text == "kept");
        co_await receiver.stop();
    });
}

TEST_CASE("a datagram that comes in the turn of a cancel is the next receive's", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const connected_pair pair = unix_pair(SOCK_DGRAM);
        datagram_receiver receiver(owner, pair.one);
        outcome cancelled;
        joinable_task_group group;
        group.spawn(receive(receiver, cancelled));
        co_await ringlet::yield();
        send(pair, "hello");
        owner.ring().enter(0, 0, ringlet::ring::no_deadline);  // it has completed, unseen as yet
        group.cancel();
        co_await group.join();
        CHECK(cancelled.error == std::errc::operation_canceled);
        outcome next;
        co_await receive(receiver, next);
        CHECK(next.text == "hello");
        co_await receiver.stop();
    });
}

TEST_CASE("wherever a consumer is cancelled, no datagram is lost", "[net]") {
    const auto when = GENERATE(moment::suspending, moment::a_turn_later);
    constexpr int count = 9;
    for (int at = 1; at <= count; ++at) {
        CAPTURE(when, at);
        run_without_leak([=](loop& owner) -> task<> {
            const connected_pair pair = unix_pair(SOCK_DGRAM);
            datagram_receiver receiver(owner, pair.one, {.packets_max = 4});
            std::vector<std::string> received;
            {
                joinable_task_group group;
                suspensions watched(owner, at, when, [&] { group.cancel(); });
                const auto consume = [&]() -> task<> {
                    for (;;) {
                        const datagram got = co_await watched(receiver.receive());
                        received.push_back(text_of(got));
                    }
                };
                group.spawn(consume());
                for (int i = 0; i < count; ++i) {
                    send(pair, std::to_string(i));
                    if (i % 3 == 2)
                        co_await ringlet::yield();
                }
                while (watched.count() < at && received.size() < count)
                    co_await ringlet::yield();
                group.cancel();
                try {
                    co_await group.join();
                } catch (const std::system_error&) {
                }
            }
            while (received.size() < count) {
                const datagram got = co_await receiver.receive();
                received.push_back(text_of(got));
            }
            for (int i = 0; i < count; ++i)
                CHECK(received[static_cast<std::size_t>(i)] == std::to_string(i));
            co_await receiver.stop();
        });
    }
}

TEST_CASE("a second receive while one is pending is a logic_error, and harms nothing", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const connected_pair pair = unix_pair(SOCK_DGRAM);
        datagram_receiver receiver(owner, pair.one);
        outcome first;
        outcome second;
        joinable_task_group group;
        group.spawn(receive(receiver, first));
        std::string text;
        try {
            co_await receive(receiver, second);
        } catch (const std::logic_error& error) {
            text = error.what();
        }
        CHECK(text == "receive: another one is pending on this receiver; await it first");
        send(pair, "hello");
        co_await group.join();
        CHECK(first.text == "hello");
        co_await receiver.stop();
    });
}

TEST_CASE("stopping ends a receive that waits, and leaves what had been received", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const connected_pair pair = unix_pair(SOCK_DGRAM);
        datagram_receiver receiver(owner, pair.one);
        outcome got;
        for (int i = 0; i < 9; ++i)
            send(pair, std::to_string(i));
        for (int i = 0; i < 4; ++i) {  // and four at one go by then, of which one is taken
            co_await receive(receiver, got);
            CHECK(got.text == std::to_string(i));
        }
        co_await receiver.stop();
        int left = 0;
        for (co_await receive(receiver, got); !got.error; co_await receive(receiver, got))
            CHECK(got.text == std::to_string(4 + left++));
        CHECK(got.error == std::errc::operation_canceled);
        CHECK(left == 3);
        std::string buffer(16, '.');
        CHECK(::recv(pair.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT) == 1);
        CHECK(buffer[0] == '7');  // which the kernel still had

        outcome waiting;
        datagram_receiver other(owner, pair.one);
        while (::recv(pair.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
        }
        joinable_task_group group;
        group.spawn(receive(other, waiting));
        co_await ringlet::yield();
        ringlet::cancel_scope scope;
        scope.cancel();
        co_await other.stop();  // is not cancelled
        co_await other.stop();
        co_await group.join();
        CHECK(waiting.error == std::errc::operation_canceled);
        send(pair, "unread");
        CHECK(::recv(pair.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT) == 6);
    });
}

TEST_CASE("a receiver may be destroyed at any moment", "[net]") {
    enum class state { new_made, waiting, ahead, lent, stopped };
    const auto in =
        GENERATE(state::new_made, state::waiting, state::ahead, state::lent, state::stopped);
    std::optional<datagram> kept;
    run_without_leak([&](loop& owner) -> task<> {
        const connected_pair pair = unix_pair(SOCK_DGRAM);
        std::optional<datagram_receiver> receiver(std::in_place, owner, pair.one);
        outcome got;
        if (in == state::waiting) {
            joinable_task_group group;
            group.spawn(receive(*receiver, got));
            co_await ringlet::yield();
            group.cancel();
            co_await group.join();
        } else if (in != state::new_made) {
            for (int i = 0; i < 9; ++i)
                send(pair, std::to_string(i));
            for (int i = 0; i < 4; ++i)
                co_await receive(*receiver, got);
            if (in == state::lent)
                kept = co_await receiver->receive();
            if (in == state::stopped)
                co_await receiver->stop();
        }
        receiver.reset();
        co_return;
    });
    if (in == state::lent)
        CHECK(text_of(*kept) == "4");
}

TEST_CASE("who is given a datagram may destroy the receiver at once", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const connected_pair pair = unix_pair(SOCK_DGRAM);
        std::optional<datagram_receiver> receiver(std::in_place, owner, pair.one);
        owner.post([&] { send(pair, "hello"); });
        const datagram got = co_await receiver->receive();
        receiver.reset();
        CHECK(text_of(got) == "hello");
    });
}

TEST_CASE("a consumer that always finds a datagram lets the others go on", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const connected_pair pair = unix_pair(SOCK_DGRAM);
        datagram_receiver receiver(owner, pair.one);
        const auto again = [&]() -> task<> {
            send(pair, "x");
            static_cast<void>(co_await receiver.receive());
        };
        const bool gone_on = co_await others_go_on(again);
        CHECK(gone_on);
        co_await receiver.stop();
    });
}

}  // namespace tests::net_receive_datagram_operation
