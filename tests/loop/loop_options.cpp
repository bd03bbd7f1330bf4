#include "catch.hpp"
#include "connected_pair.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/detail/poll_operation.hpp>
#include <ringlet/net/detail/recv_operation.hpp>
#include <ringlet/net/detail/send_operation.hpp>

#include <sys/eventfd.h>

#include <deque>

namespace tests::loop_loop_options {

namespace {

ringlet::task<> count_ready(ringlet::loop& owner, int fd, int& count) {
    count += co_await ringlet::detail::poll_operation(owner.core(), fd, POLLIN) == POLLIN ? 1 : 0;
}

/// A socket pair with a receive in flight.
struct receiver {
    connected_pair pair = unix_pair();
    ringlet::detail::direction incoming;
    char byte = 0;

    ringlet::task<> receive(ringlet::loop& owner, int& received) {
        std::error_code error;
        received += static_cast<int>(co_await ringlet::detail::recv_operation(
            owner.core(), pair.fd(), &byte, 1, incoming, error));
    }
};

}  // namespace

TEST_CASE("a loop may begin more at once than its submission queue holds", "[loop]") {
    const unsigned entries = GENERATE(1U, 2U, 4U);
    CAPTURE(entries);
    ringlet::loop owner({.ring = {.submission_entries = entries, .completion_entries = 8}});
    std::deque<receiver> receivers(60);
    int received = 0;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        for (receiver& one : receivers)
            group.spawn(one.receive(owner, received));
        for (receiver& one : receivers)
            CHECK(::send(one.pair.peer(), "x", 1, 0) == 1);
        co_await group.join();
        CHECK(received == 60);

        for (receiver& one : receivers)
            group.spawn(one.receive(owner, received));
        group.cancel();  // which takes as many submissions again
        co_await group.join();
        CHECK(received == 60);
    });
}

TEST_CASE("a loop loses no completion that its queue has no room for", "[loop]") {
    ringlet::loop owner({.ring = {.submission_entries = 4, .completion_entries = 4}});
    const ringlet::socket event = owned_socket(::eventfd(0, EFD_CLOEXEC), "eventfd");
    constexpr int waiters = 400;
    int ready = 0;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        for (int i = 0; i < waiters; ++i)
            group.spawn(count_ready(owner, event.native_handle(), ready));
        const std::uint64_t one = 1;
        CHECK(::write(event.native_handle(), &one, sizeof(one)) == sizeof(one));
        co_await group.join();
    });
    CHECK(ready == waiters);
    CHECK(owner.ring().overflows() > 0);
}

TEST_CASE("a coroutine that never waits cannot starve another", "[loop]") {
    const unsigned inline_completions_max = GENERATE(0U, 1U, 8U);
    CAPTURE(inline_completions_max);
    ringlet::loop owner({.inline_completions_max = inline_completions_max});
    const connected_pair pair = unix_pair();
    ringlet::detail::direction outgoing;
    bool other_ran = false;
    unsigned awaits = 0;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        const auto other = [&]() -> ringlet::task<> {
            co_await ringlet::yield();
            co_await ringlet::yield();
            other_ran = true;
        };
        group.spawn(other());
        for (; !other_ran && awaits < 10'000; ++awaits)
            co_await ringlet::detail::send_operation(owner.core(), pair.fd(), nullptr, 0,
                                                     ringlet::detail::send_operation::extent::all,
                                                     outgoing, ringlet::throws);
        co_await group.join();
    });
    CHECK(other_ran);
    CHECK(awaits <= 3 * (inline_completions_max + 1));
}

TEST_CASE("a loop completes as many awaits inline as its options allow, in a row", "[loop]") {
    ringlet::loop owner({.inline_completions_max = 3});
    run_coroutine(owner, [&]() -> ringlet::task<> {
        co_await ringlet::yield();
        for (int i = 0; i < 3; ++i)
            CHECK(owner.core().may_complete_inline());
        CHECK_FALSE(owner.core().may_complete_inline());
        CHECK_FALSE(owner.core().may_complete_inline());
        co_await ringlet::yield();
        CHECK(owner.core().may_complete_inline());
    });
}

TEST_CASE("options of the buffers to receive into that make no sense are refused by name",
          "[loop]") {
    CHECK_THROWS_WITH(ringlet::loop({.receive_buffer_size = 0}),
                      "loop_options: receive_buffer_size must be 1 B to 1 GiB, not 0");
    CHECK_THROWS_WITH(ringlet::loop({.receive_buffer_size = std::size_t{1} << 32U}),
                      "loop_options: receive_buffer_size must be 1 B to 1 GiB, not 4294967296");
    CHECK_THROWS_WITH(ringlet::loop({.receive_buffers_max = 0}),
                      "loop_options: receive_buffers_max must be 1 or more");
}

}  // namespace tests::loop_loop_options
