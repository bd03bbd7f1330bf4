#include "catch.hpp"
#include "forked_child.hpp"
#include "net/connection_under_test.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/net/detail/recv_lent_operation.hpp>

#include <fcntl.h>

#include <cstring>
#include <optional>
#include <vector>

namespace tests::net_recv_lent_operation {

using namespace std::chrono_literals;
using ringlet::received_bytes;
using ringlet::task;
using ringlet::detail::recv_lent_operation;

namespace {

/// With a buffer in hand, and without.
std::vector<std::size_t> numbers_held() {
    return {16, 0};
}

std::string text_of(const received_bytes& received) {
    return {reinterpret_cast<const char*>(received.data()), received.size()};
}

void send_text(const connected_pair& pair, std::string_view text) {
    CHECK(::send(pair.peer(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
}

/// What one receive has come to.
struct arrival {
    std::string text;
    std::error_code error;
};

task<> receive(connection_under_test& connection, arrival& got) {
    got.text = text_of(co_await recv_lent_operation(connection.owner.core(), connection.pair.fd(),
                                                    connection.incoming, got.error));
}

/// Two receives where only one may wait with a buffer in hand: the first to come.
struct rivals {
    ringlet::loop owner{{.receive_buffers_held_max = 1}};
    connection_under_test patient{owner, unix_pair()};
    connection_under_test newcomer{owner, unix_pair()};
    arrival first{};
    arrival second{};
};

}  // namespace

TEST_CASE("a lending receive waits for bytes, yields them, and none at the end", "[net]") {
    const auto held_max = GENERATE(from_range(numbers_held()));
    CAPTURE(held_max);
    ringlet::loop owner({.receive_buffers_held_max = held_max});
    connection_under_test connection{owner, tcp_pair()};
    arrival got;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(receive(connection, got));
        CHECK_FALSE(connection.incoming.empty());
        co_await ringlet::yield();
        CHECK(owner.core().buffers().lent() == (held_max == 0 ? 0 : 1));
        CHECK(owner.core().buffers().held() == owner.core().buffers().lent());
        send_text(connection.pair, "hello");
        co_await group.join();
        CHECK(got.text == "hello");
        CHECK(connection.incoming.empty());
        CHECK(owner.core().buffers().held() == 0);

        connection.pair.other = ringlet::socket();
        for (int again = 0; again < 2; ++again) {
            co_await receive(connection, got);
            CHECK(got.text.empty());
            CHECK_FALSE(got.error);
            CHECK(connection.incoming.ended());
        }
    });
    CHECK(owner.core().buffers().lent() == 0);
}

TEST_CASE("a lending receive takes no more than a buffer holds, and leaves the rest", "[net]") {
    const auto held_max = GENERATE(from_range(numbers_held()));
    ringlet::loop owner({.receive_buffer_size = 8, .receive_buffers_held_max = held_max});
    connection_under_test connection{owner, unix_pair()};
    std::string all;
    run_coroutine(owner, [&]() -> task<> {
        send_text(connection.pair, "a text of twenty-six bytes");
        connection.pair.other = ringlet::socket();
        arrival got;
        do {
            co_await receive(connection, got);
            CHECK(got.text.size() <= 8);
            all += got.text;
        } while (!got.text.empty());
    });
    CHECK(all == "a text of twenty-six bytes");
}

TEST_CASE("a lending receive that fails stores its error, or throws it", "[net]") {
    const auto held_max = GENERATE(from_range(numbers_held()));
    ringlet::loop owner({.receive_buffers_held_max = held_max});
    connection_under_test connection{owner, tcp_pair()};
    arrival got;
    std::string text;
    reset(connection.pair.other);
    run_coroutine(owner, [&]() -> task<> {
        co_await receive(connection, got);
        try {
            static_cast<void>(co_await recv_lent_operation(owner.core(), -1, connection.incoming,
                                                           ringlet::throws));
        } catch (const std::system_error& error) {
            text = error.what();
        }
    });
    CHECK(got.text.empty());
    CHECK(got.error == std::errc::connection_reset);
    CHECK(text == "recv: Bad file descriptor");
    CHECK(connection.incoming.empty());
    CHECK(owner.core().buffers().lent() == 0);
}

TEST_CASE("a lending receive under a scope that is cancelled fails with its reason", "[net]") {
    const auto held_max = GENERATE(from_range(numbers_held()));
    ringlet::loop owner({.receive_buffers_held_max = held_max});
    connection_under_test connection{owner, unix_pair()};
    arrival by_hand;
    arrival by_deadline;
    arrival too_late;
    run_coroutine(owner, [&]() -> task<> {
        {
            ringlet::cancel_scope scope;
            owner.post([&] { scope.cancel(); });
            co_await receive(connection, by_hand);
        }
        const ringlet::cancel_scope scope(1ms);
        co_await receive(connection, by_deadline);
        send_text(connection.pair, "unread");
        co_await receive(connection, too_late);
    });
    CHECK(by_hand.error == std::errc::operation_canceled);
    CHECK(by_deadline.error == std::errc::timed_out);
    CHECK(too_late.error == std::errc::timed_out);
    CHECK(too_late.text.empty());
    CHECK(owner.core().buffers().lent() == 0);
    CHECK(read_available(connection.pair.fd()) == "unread");
}

TEST_CASE("bytes that come in the turn of a cancel are yielded, or left for the next", "[net]") {
    const auto held_max = GENERATE(from_range(numbers_held()));
    ringlet::loop owner({.receive_buffers_held_max = held_max});
    connection_under_test connection{owner, unix_pair()};
    arrival got;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(receive(connection, got));
        co_await ringlet::yield();
        send_text(connection.pair, "hello");
        owner.ring().enter(0, 0, ringlet::ring::no_deadline);  // it has completed, unseen as yet
        group.cancel();
        co_await group.join();
        CHECK(static_cast<bool>(got.error) == got.text.empty());
        if (got.error)
            co_await receive(connection, got);
    });
    CHECK(got.text == "hello");
}

TEST_CASE("a second lending receive while one is pending is a logic_error, and harms nothing",
          "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, unix_pair()};
    arrival first;
    arrival second;
    std::string text;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(receive(connection, first));
        try {
            co_await receive(connection, second);
        } catch (const std::logic_error& error) {
            text = error.what();
        }
        send_text(connection.pair, "one");
        co_await group.join();
    });
    CHECK(text.starts_with("recv_lent: another one is pending"));
    CHECK(first.text == "one");
}

TEST_CASE("where all buffers are lent, a receive waits for one, in turn, and loses nothing",
          "[net]") {
    ringlet::loop owner({.receive_buffers_max = 1});
    connection_under_test one{owner, unix_pair()};
    connection_under_test two{owner, unix_pair()};
    connection_under_test three{owner, unix_pair()};
    arrival second;
    arrival third;
    run_coroutine(owner, [&]() -> task<> {
        for (auto* const each : {&one, &two, &three})
            send_text(each->pair, "to each");
        auto kept = std::make_optional(co_await recv_lent_operation(owner.core(), one.pair.fd(),
                                                                    one.incoming, ringlet::throws));
        ringlet::detail::joinable_task_group group;
        group.spawn(receive(two, second));
        group.spawn(receive(three, third));
        for (int turns = 0; turns < 5; ++turns)
            co_await ringlet::yield();
        CHECK(second.text.empty());
        CHECK(third.text.empty());
        CHECK(owner.core().buffers().lent() == 1);
        CHECK(text_of(*kept) == "to each");
        kept.reset();
        co_await group.join();
    });
    CHECK(second.text == "to each");
    CHECK(third.text == "to each");
    CHECK(owner.core().buffers().lent() == 0);
}

TEST_CASE("a receive that waits for a buffer can be cancelled, and its bytes are left", "[net]") {
    ringlet::loop owner({.receive_buffers_max = 1});
    connection_under_test one{owner, unix_pair()};
    connection_under_test two{owner, unix_pair()};
    arrival got;
    run_coroutine(owner, [&]() -> task<> {
        send_text(one.pair, "first");
        send_text(two.pair, "second");
        {
            const auto kept = co_await recv_lent_operation(owner.core(), one.pair.fd(),
                                                           one.incoming, ringlet::throws);
            CHECK(kept.size() == 5);
            const ringlet::cancel_scope limit(5ms);
            co_await receive(two, got);
            CHECK(got.error == std::errc::timed_out);
        }
        co_await receive(two, got);
    });
    CHECK(got.text == "second");
}

TEST_CASE("a lending receive waits at a descriptor that does not block", "[net]") {
    const auto held_max = GENERATE(from_range(numbers_held()));
    ringlet::loop owner({.receive_buffers_held_max = held_max});
    connection_under_test connection{owner, unix_pair()};
    REQUIRE(::fcntl(connection.pair.fd(), F_SETFL, O_NONBLOCK) == 0);
    arrival got;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(receive(connection, got));
        for (int turns = 0; turns < 3; ++turns)
            co_await ringlet::yield();
        send_text(connection.pair, "late");
        co_await group.join();
    });
    CHECK(got.text == "late");
    CHECK(owner.core().buffers().lent() == 0);
}

TEST_CASE("a receive that has waited long goes on without its buffer when another wants one",
          "[net]") {
    rivals here;
    run_coroutine(here.owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(receive(here.patient, here.first));
        co_await ringlet::sleep_for(ringlet::detail::receive_buffers::hold_time);
        group.spawn(receive(here.newcomer, here.second));
        for (int turns = 0; turns < 5; ++turns)
            co_await ringlet::yield();
        CHECK(here.owner.core().buffers().held() == 1);
        CHECK(here.owner.core().buffers().lent() == 1);
        CHECK_FALSE(here.patient.incoming.empty());
        send_text(here.patient.pair, "for the patient");
        send_text(here.newcomer.pair, "for the newcomer");
        co_await group.join();
    });
    CHECK(here.first.text == "for the patient");
    CHECK(here.second.text == "for the newcomer");
    CHECK(here.owner.core().buffers().lent() == 0);
}

TEST_CASE("those that wait with all the buffers in hand do not keep others from receiving",
          "[net]") {
    ringlet::loop owner({.receive_buffers_max = 1});
    connection_under_test idle{owner, unix_pair()};
    connection_under_test busy{owner, unix_pair()};
    arrival nothing;
    arrival got;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group waiting;
        waiting.spawn(receive(idle, nothing));
        send_text(busy.pair, "here");
        co_await receive(busy, got);
        CHECK(got.text == "here");
        send_text(idle.pair, "and there");
        co_await waiting.join();
    });
    CHECK(nothing.text == "and there");
    CHECK(owner.core().buffers().lent() == 0);
}

TEST_CASE("a reset that comes in the turn of a cancel is its error, not lost", "[net]") {
    ringlet::loop owner;
    connection_under_test connection{owner, tcp_pair()};
    arrival got;
    run_coroutine(owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(receive(connection, got));
        co_await ringlet::yield();
        reset(connection.pair.other);
        owner.ring().enter(0, 0, ringlet::ring::no_deadline);  // it has failed, unseen as yet
        group.cancel();
        co_await group.join();
    });
    CHECK(got.error == std::errc::connection_reset);
}

TEST_CASE("bytes that come while a buffer is asked back are received into it", "[net]") {
    rivals here;
    run_coroutine(here.owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(receive(here.patient, here.first));
        co_await ringlet::sleep_for(ringlet::detail::receive_buffers::hold_time);
        send_text(here.patient.pair, "just in time");
        group.spawn(receive(here.newcomer, here.second));  // before the loop has seen it
        send_text(here.newcomer.pair, "also here");
        co_await group.join();
    });
    CHECK(here.first.text == "just in time");
    CHECK(here.second.text == "also here");
    CHECK(here.owner.core().buffers().lent() == 0);
}

TEST_CASE("a receive that is asked for its buffer can be cancelled at the same time", "[net]") {
    rivals here;
    run_coroutine(here.owner, [&]() -> task<> {
        ringlet::detail::joinable_task_group old;
        ringlet::detail::joinable_task_group young;
        old.spawn(receive(here.patient, here.first));
        co_await ringlet::sleep_for(ringlet::detail::receive_buffers::hold_time);
        young.spawn(receive(here.newcomer, here.second));
        old.cancel();
        co_await old.join();
        send_text(here.newcomer.pair, "here");
        co_await young.join();
    });
    CHECK(here.first.error == std::errc::operation_canceled);
    CHECK(here.second.text == "here");
    CHECK(here.owner.core().buffers().lent() == 0);
}

TEST_CASE("destroying a loop before what was received in it ends the program", "[net]") {
    const child_end end = run_in_child([] {
        auto owner = std::make_unique<ringlet::loop>();
        received_bytes kept(owner->core().buffers(), owner->core().buffers().take(), 1);
        owner.reset();
        return 0;
    });
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("destroy each received_bytes first"));
}

}  // namespace tests::net_recv_lent_operation
