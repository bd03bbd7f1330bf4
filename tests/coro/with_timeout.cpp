#include "catch.hpp"
#include "run_coroutine.hpp"
#include "run_virtually.hpp"
#include "stream_pair.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/detail/timer.hpp>

#include <array>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <string>

namespace tests::coro_with_timeout {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::sleep_for;
using ringlet::task;
using ringlet::with_timeout;

namespace {

task<int> number_after(std::chrono::seconds delay, int number) {
    co_await sleep_for(delay);
    co_return number;
}

/// The error that a task is ended with.
template <class T>
task<std::error_code> error_of(task<T> failing) {
    try {
        co_await std::move(failing);
    } catch (const std::system_error& error) {
        co_return error.code();
    }
    co_return std::error_code();
}

}  // namespace

TEST_CASE("an operation that takes too long fails with timed_out", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        std::error_code error;
        co_await with_timeout(2s, sleep_for(3s, error));
        CHECK(error == std::errc::timed_out);
        CHECK(owner.now() - start == 2s);
        bool thrown = false;
        try {
            co_await with_timeout(2s, sleep_for(3s));
        } catch (const std::system_error& timeout) {
            thrown = timeout.code() == std::errc::timed_out;
        }
        CHECK(thrown);
        CHECK(owner.now() - start == 4s);
        co_await sleep_for(10s);  // the scope was left
        CHECK(owner.now() - start == 14s);
    });
}

TEST_CASE("what ends in time keeps its result, and leaves no timer", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        auto* const around = &owner.core().scope();
        const int number = co_await with_timeout(2s, number_after(1s, 5));
        CHECK(number == 5);
        CHECK(owner.core().timers().empty());
        CHECK(&owner.core().scope() == around);
        const int at_once = co_await with_timeout(0s, []() -> task<int> { co_return 6; }());
        CHECK(at_once == 6);
        CHECK(owner.core().timers().empty());
    });
}

TEST_CASE("a task that takes too long is cancelled wherever it waits", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const auto group_inside = []() -> task<int> {
            ringlet::detail::joinable_task_group group;
            group.spawn([]() -> task<> { co_await sleep_for(24h); }());
            co_await group.join();
            co_return 1;
        };
        const auto late = [&]() -> task<int> {
            co_return co_await with_timeout(3s, group_inside());
        };
        const std::error_code error = co_await error_of(late());
        CHECK(error == std::errc::timed_out);
        CHECK(owner.now() - start == 3s);
        CHECK(owner.core().timers().empty());
    });
}

TEST_CASE("a task that succeeds although its time is over gives its result", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const auto stubborn = []() -> task<int> {
            std::error_code error;
            co_await sleep_for(24h, error);
            co_return error == std::errc::timed_out ? 7 : 0;
        };
        const int number = co_await with_timeout(1s, stubborn());
        CHECK(number == 7);
        CHECK(owner.now() - start == 1s);
    });
}

TEST_CASE("an operation granted in the turn in which its time is over has succeeded", "[coro]") {
    class alarm final : public ringlet::detail::timer {
    public:
        explicit alarm(ringlet::event& to_set) noexcept : event_(to_set) {}

    private:
        void expire() override { event_.set(); }
        ringlet::event& event_;
    };
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        ringlet::event flag;
        alarm just_before(flag);
        owner.core().timers().arm(just_before, start + 2s);
        std::error_code error = std::make_error_code(std::errc::io_error);
        co_await with_timeout(2s, flag.wait(error));
        CHECK_FALSE(error);
        CHECK(owner.now() - start == 2s);
        CHECK(owner.core().timers().empty());
    });
}

TEST_CASE("of two timeouts, one inside the other, the shorter one decides", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        std::error_code error;
        co_await with_timeout(5s, with_timeout(1s, sleep_for(24h, error)));
        CHECK(error == std::errc::timed_out);
        CHECK(owner.now() - start == 1s);
        co_await with_timeout(1s, with_timeout(5s, sleep_for(24h, error)));
        CHECK(error == std::errc::timed_out);
        CHECK(owner.now() - start == 2s);
        const auto twice = [&]() -> task<> {
            co_await with_timeout(1s, sleep_for(24h, error));
            CHECK(error == std::errc::timed_out);
            co_await with_timeout(10s, sleep_for(2s, error));  // the outer one lasts
            CHECK_FALSE(error);
            co_await sleep_for(24h, error);
        };
        co_await with_timeout(5s, twice());
        CHECK(error == std::errc::timed_out);
        CHECK(owner.now() - start == 7s);
        CHECK(owner.core().timers().empty());
    });
}

TEST_CASE("an exception passes through a timeout unchanged, and leaves its scope", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        auto* const around = &owner.core().scope();
        const auto failing = [](std::chrono::seconds delay) -> task<int> {
            if (delay > 0s)
                co_await sleep_for(delay);
            throw std::runtime_error("its own");
        };
        for (const auto delay : {0s, 1s}) {
            std::string text;
            try {
                co_await with_timeout(5s, failing(delay));
            } catch (const std::runtime_error& error) {
                text = error.what();
            }
            CHECK(text == "its own");
            CHECK(&owner.core().scope() == around);
            CHECK(owner.core().timers().empty());
        }
    });
}

TEST_CASE("who is cancelled while a timeout runs fails for that reason", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        ringlet::cancel_scope scope;
        std::error_code error;
        owner.post([&] { scope.cancel(); });
        co_await with_timeout(5s, sleep_for(24h, error));
        CHECK(error == std::errc::operation_canceled);
        co_await with_timeout(5s, sleep_for(24h, error));  // cancelled before it began
        CHECK(error == std::errc::operation_canceled);
        CHECK(owner.core().timers().empty());
    });
}

TEST_CASE("a receive that timed out loses nothing that comes later", "[coro]") {
    loop owner;
    run_coroutine(owner, [&]() -> task<> {
        stream_pair pair = make_streams(owner, stream_transport::unix_socket);
        std::array<char, 8> buffer{};
        std::error_code error;
        co_await with_timeout(1ms, pair.one.recv(ringlet::mutable_buffer(buffer), error));
        CHECK(error == std::errc::timed_out);
        co_await pair.other.send_all(std::string_view("late"));
        const auto count =
            co_await with_timeout(1h, pair.one.recv(ringlet::mutable_buffer(buffer)));
        CHECK(std::string_view(buffer.data(), count) == "late");
    });
}

TEST_CASE("a timeout refuses durations that are none, and a thread without a loop", "[coro]") {
    const auto never_begun = []() -> task<> { co_return; };
    CHECK_THROWS_AS(with_timeout(1s, never_begun()), std::logic_error);
    run_virtually([&](loop& owner) -> task<> {
        const auto not_a_number =
            std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN());
        CHECK_THROWS_AS(with_timeout(-1s, never_begun()), std::invalid_argument);
        CHECK_THROWS_AS(with_timeout(not_a_number, never_begun()), std::invalid_argument);
        CHECK_THROWS_AS(with_timeout(std::chrono::hours::max(), never_begun()),
                        std::invalid_argument);
        CHECK(owner.core().timers().empty());
        co_return;
    });
}

}  // namespace tests::coro_with_timeout
