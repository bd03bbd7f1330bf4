// What the network's awaitables are given inside a co_await expression: see coro/temporaries.cpp.

#include "blocking_client.hpp"
#include "catch.hpp"
#include "counted.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/datagram_receiver.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/net/listener.hpp>

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tests::net_temporaries {

using ringlet::address;
using ringlet::const_buffer;
using ringlet::listener;
using ringlet::listener_options;
using ringlet::loop;
using ringlet::stream;
using ringlet::task;

// Passed by value to coroutines, or made in an operand.
static_assert(std::is_trivially_destructible_v<address>);
static_assert(std::is_trivially_destructible_v<const_buffer>);
static_assert(std::is_trivially_destructible_v<ringlet::mutable_buffer>);
static_assert(std::is_trivially_destructible_v<listener_options>);

// An awaiter with a constructor survives; an aggregate might not.
static_assert(!std::is_aggregate_v<ringlet::detail::recv_operation>);
static_assert(!std::is_aggregate_v<ringlet::detail::send_operation>);
static_assert(!std::is_aggregate_v<ringlet::detail::gathered_send_operation>);
static_assert(!std::is_aggregate_v<ringlet::detail::buffer_sequence_send<3>>);
static_assert(!std::is_aggregate_v<ringlet::detail::accept_operation>);

namespace {

/// Text that is counted, and on the heap.
class counted_text : public counted {
public:
    explicit counted_text(char letter) : text_(100, letter) {}

    operator const_buffer() const noexcept { return text_; }  // NOLINT: meant to convert

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    std::string text_;
};

std::vector<const_buffer> several(const counted_text& one, const counted_text& other) {
    const const_buffer chosen = one.text().empty() ? other : one;
    return {chosen, chosen};
}

/// Takes a stream, and what to send on it, by value.
task<std::size_t> send_and_close(stream to, std::unique_ptr<counted_text> text,
                                 listener_options options = {}) {
    const std::size_t sent = co_await to.send_all(*text);
    co_await to.close();
    co_return sent + static_cast<std::size_t>(options.backlog);
}

/// Takes a datagram by value, and tells how long its data is.
task<std::size_t> measure(ringlet::datagram received) {
    co_await ringlet::yield();
    co_return received.data().size();
}

/// Runs `body(pair)` and counts.
template <class Body>
void count_with(Body body) {
    counted::begin();
    run_without_leak([&](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        co_await body(pair);
    });
    CHECK(counted::alive() == 0);
    CHECK(counted::strays() == 0);
}

}  // namespace

TEST_CASE("temporaries that are sent live until they have been, and end once", "[net]") {
    count_with([](stream_pair& pair) -> task<> {
        std::error_code error;
        std::size_t sent = co_await pair.one.send_all(counted_text('a'));
        sent += co_await pair.one.send_all(counted_text('b'), error);
        sent += co_await pair.one.send(counted_text('c'));
        sent += co_await pair.one.send_all(counted_text('d'), counted_text('e'), "f");
        sent += co_await pair.one.send_all(several(counted_text('g'), counted_text('h')));
        sent += co_await pair.one.send_all(std::string(100, 'i') + std::string(100, 'j'));
        CHECK(sent == 901);
        CHECK(counted::alive() == 0);
        std::string expected;
        for (const char letter : std::string_view("abcde"))
            expected.append(100, letter);
        expected.append("f").append(200, 'g').append(100, 'i').append(100, 'j');
        const std::string received = co_await receive(pair.other, expected.size());
        CHECK(received == expected);
    });
}

TEST_CASE("what is received may go into a view made on the spot", "[net]") {
    count_with([](stream_pair& pair) -> task<> {
        std::array<char, 200> buffer{};
        co_await pair.one.send_all(counted_text('a'));
        const std::size_t count = co_await pair.other.recv(std::span(buffer).subspan(50));
        CHECK(std::string_view(buffer.data() + 50, count) == std::string(100, 'a'));
    });
}

TEST_CASE("streams and what they send may be arguments of a task", "[net]") {
    count_with([](stream_pair& pair) -> task<> {
        std::size_t sent =
            co_await send_and_close(std::move(pair.one), std::make_unique<counted_text>('a'));
        CHECK(sent == 100 + static_cast<std::size_t>(listener_options().backlog));
        CHECK(counted::alive() == 0);
        auto text = std::make_unique<counted_text>('b');
        sent = co_await send_and_close(std::move(pair.other), std::move(text), {.backlog = 7});
        CHECK(sent == 107);
    });
}

TEST_CASE("listeners, options and addresses may be made in an operand", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener source(owner, address("127.0.0.1", 0), {.backlog = 2});
        const std::string port = std::to_string(source.local_address().port());
        stream client = co_await ringlet::connect(address::parse("127.0.0.1:" + port));
        stream server = co_await source.accept();
        CHECK(server.peer_address() == client.local_address());
        co_await source.close();
        co_await listener(owner, {"127.0.0.1", 0}).close();
        co_await listener(owner, address::parse("127.0.0.1:" + std::string("0")), {.backlog = 3})
            .close();
        ringlet::bound_socket released =
            co_await listener(owner, listener::open(owner.net(), {"127.0.0.1", 0})).release();
        CHECK(released.is_open());
        co_await stream(owner, released.release()).close();
    });
}

TEST_CASE("datagrams, and what is sent as one, may be made in an operand", "[net]") {
    counted::begin();
    run_without_leak([](loop& owner) -> task<> {
        ringlet::datagram_socket one(owner, {"127.0.0.1", 0});
        const std::string port = std::to_string(one.local_address().port());
        std::error_code error;
        co_await one.send_to(counted_text('a'), address::parse("127.0.0.1:" + port));
        co_await one.connect(address::parse("127.0.0.1:" + port));
        co_await one.send(counted_text('b'), error);
        std::array<char, 200> buffer{};
        const std::size_t size = (co_await one.recv(std::span(buffer).subspan(50))).size;
        CHECK(size == 100);
        ringlet::datagram_receiver receiver(owner, one.socket(), {.packets_max = 1});
        std::size_t received = co_await measure(co_await receiver.receive());
        co_await one.send("x");
        received += co_await measure(co_await receiver.receive(error));
        CHECK(received == 101);
        co_await receiver.stop();
        co_await one.close();
    });
    CHECK(counted::alive() == 0);
    CHECK(counted::strays() == 0);
}

}  // namespace tests::net_temporaries
