#include "catch.hpp"
#include "connected_pair.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/detail/poll_operation.hpp>

namespace tests::loop_poll_operation {

using namespace std::chrono_literals;

namespace {

ringlet::task<> poll(ringlet::loop& owner, int fd, short events, short& ready) {
    ready = co_await ringlet::detail::poll_operation(owner.core(), fd, events);
}

}  // namespace

TEST_CASE("a poll waits for an event, and yields those that are there", "[loop]") {
    ringlet::loop owner;
    connected_pair pair = unix_pair();
    short ready = 0;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        co_await poll(owner, pair.fd(), POLLIN | POLLOUT, ready);
        CHECK(ready == POLLOUT);

        ready = 0;
        ringlet::detail::joinable_task_group group;
        group.spawn(poll(owner, pair.fd(), POLLIN, ready));
        co_await ringlet::yield();
        co_await ringlet::yield();
        CHECK(ready == 0);
        CHECK(::send(pair.peer(), "x", 1, 0) == 1);
        co_await group.join();
        CHECK(ready == POLLIN);

        pair.other = ringlet::socket();
        co_await poll(owner, pair.fd(), POLLOUT, ready);
        CHECK((ready & POLLHUP) != 0);
    });
}

TEST_CASE("a poll that fails throws its error, or stores it", "[loop]") {
    ringlet::loop owner;
    std::string text;
    std::error_code stored;
    short ready = -1;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ready = co_await ringlet::detail::poll_operation(owner.core(), -1, POLLIN, stored);
        try {
            co_await poll(owner, -1, POLLIN, ready);
        } catch (const std::system_error& error) {
            text = error.what();
        }
    });
    CHECK(text == "poll: Bad file descriptor");
    CHECK(stored == std::errc::bad_file_descriptor);
    CHECK(ready == 0);
}

TEST_CASE("a poll is cancelled", "[loop]") {
    ringlet::loop owner;
    const connected_pair pair = unix_pair();
    std::error_code error;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        const ringlet::cancel_scope limit(1ms);
        static_cast<void>(
            co_await ringlet::detail::poll_operation(owner.core(), pair.fd(), POLLIN, error));
    });
    CHECK(error == std::errc::timed_out);
}

}  // namespace tests::loop_poll_operation
