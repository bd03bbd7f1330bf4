#include "catch.hpp"
#include "connected_pair.hpp"
#include "in_time.hpp"
#include "run_coroutine.hpp"

#include <ringlet/net/datagram.hpp>
#include <ringlet/net/datagram_receiver.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tests::net_datagram {

using ringlet::address;
using ringlet::datagram;
using ringlet::datagram_receiver;
using ringlet::loop;
using ringlet::task;

static_assert(std::is_nothrow_move_constructible_v<datagram>);
static_assert(std::is_nothrow_move_assignable_v<datagram>);
static_assert(!std::is_copy_constructible_v<datagram>);

namespace {

std::string text_of(const datagram& read) {
    return {reinterpret_cast<const char*>(read.data().data()), read.data().size()};
}

/// Receives `count` datagrams that are there, and hands over what `use(datagram)` makes of each.
template <class Use>
void receive_each(loop& owner, datagram_receiver& from, int count, Use use) {
    run_coroutine(owner, [&]() -> task<> {
        for (int i = 0; i < count; ++i) {
            datagram next = co_await from.receive();
            use(std::move(next));
        }
    });
}

void send(const connected_pair& pair, std::string_view text) {
    REQUIRE(::send(pair.peer(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("no datagram is nothing, from nobody", "[net]") {
    datagram none;
    CHECK(none.data().empty());
    CHECK(none.sender() == address());
    CHECK_FALSE(none.truncated());
    CHECK(none.original_size() == 0);
    none.detach();
    CHECK(none.data().empty());
}

TEST_CASE("a datagram can be made of any bytes, which it copies", "[net]") {
    std::string bytes = "hello";
    const address from("127.0.0.1", 9);
    const datagram made(bytes, from);
    bytes = "other";
    CHECK(text_of(made) == "hello");
    CHECK(made.sender() == from);
    CHECK(made.original_size() == 5);
    CHECK_FALSE(made.truncated());
}

TEST_CASE("a datagram's buffer goes back once it is destroyed or overwritten", "[net]") {
    loop owner;
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    datagram_receiver receiver(owner, pair.one, {.packets_max = 1});
    send(pair, "one");
    send(pair, "two");
    send(pair, "three");
    std::optional<datagram> kept;
    receive_each(owner, receiver, 1, [&](datagram next) { kept = std::move(next); });
    CHECK(text_of(*kept) == "one");
    *kept = datagram();
    receive_each(owner, receiver, 1, [&](datagram next) { kept = std::move(next); });
    CHECK(text_of(*kept) == "two");
    kept.reset();
    receive_each(owner, receiver, 1, [&](datagram next) { CHECK(text_of(next) == "three"); });
}

TEST_CASE("moving a datagram lends its buffer once", "[net]") {
    loop owner;
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    datagram_receiver receiver(owner, pair.one, {.packets_max = 1});
    send(pair, "one");
    send(pair, "two");
    receive_each(owner, receiver, 1, [&](datagram next) {
        datagram moved(std::move(next));
        CHECK(text_of(moved) == "one");
        moved.data()[0] = std::byte{'O'};
        next = std::move(moved);
        CHECK(text_of(next) == "One");
    });
    receive_each(owner, receiver, 1, [&](datagram next) { CHECK(text_of(next) == "two"); });
}

TEST_CASE("a detached datagram keeps its bytes and gives its buffer back", "[net]") {
    loop owner;
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    datagram_receiver receiver(owner, pair.one, {.packet_size_max = 3, .packets_max = 1});
    send(pair, "first");
    send(pair, "two");
    std::optional<datagram> kept;
    receive_each(owner, receiver, 1, [&](datagram next) {
        next.detach();
        kept = std::move(next);
    });
    receive_each(owner, receiver, 1, [&](datagram next) { CHECK(text_of(next) == "two"); });
    kept->detach();
    CHECK(text_of(*kept) == "fir");
    CHECK(kept->truncated());
    CHECK(kept->original_size() == 5);
}

TEST_CASE("a detached datagram may go to another thread, and outlive its loop", "[net]") {
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    std::optional<datagram> kept;
    {
        loop owner;
        datagram_receiver receiver(owner, pair.one);
        send(pair, "hello");
        receive_each(owner, receiver, 1, [&](datagram next) {
            next.detach();
            kept = std::move(next);
        });
    }
    CHECK(in_time([moved = std::move(*kept)] { return text_of(moved); }) == "hello");
}

TEST_CASE("a datagram without its first bytes has the others, also when it is detached", "[net]") {
    loop owner;
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    datagram_receiver receiver(owner, pair.one, {.packet_size_max = 7});
    send(pair, "head and body");
    send(pair, "head");
    receive_each(owner, receiver, 1, [](datagram next) {
        next.remove_prefix(4);
        CHECK(text_of(next) == " an");
        CHECK(next.original_size() == 9);
        CHECK(next.truncated());
        next.detach();
        CHECK(text_of(next) == " an");
        next.remove_prefix(1);
        next.detach();
        CHECK(text_of(next) == "an");
    });
    receive_each(owner, receiver, 1, [](datagram next) {
        next.remove_prefix(4);
        CHECK(text_of(next).empty());
        CHECK(next.original_size() == 0);
    });
}

TEST_CASE("a datagram may outlive its receiver", "[net]") {
    loop owner;
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    std::optional<datagram_receiver> receiver(std::in_place, owner, pair.one);
    send(pair, "one");
    send(pair, "two");
    std::optional<datagram> first;
    std::optional<datagram> second;
    receive_each(owner, *receiver, 1, [&](datagram next) { first = std::move(next); });
    receive_each(owner, *receiver, 1, [&](datagram next) { second = std::move(next); });
    receiver.reset();
    CHECK(text_of(*second) == "two");
    second.reset();
    CHECK(text_of(*first) == "one");
}

}  // namespace tests::net_datagram
