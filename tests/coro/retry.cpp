#include "catch.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/retry.hpp>
#include <ringlet/coro/with_timeout.hpp>

#include <chrono>
#include <limits>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace tests::coro_retry {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::retry;
using ringlet::retry_options;
using ringlet::task;

namespace {

/// Something that fails a number of times, and notes when it was tried.
class flaky {
public:
    flaky(loop& owner, int failures, std::errc error = std::errc::connection_refused)
        : owner_(owner), failures_left_(failures), error_(error) {}

    task<std::string> attempt() {
        tried_at.push_back(owner_.now());
        if (failures_left_-- > 0)
            throw std::system_error(std::make_error_code(error_), "flaky");
        co_return "success";
    }

    /// How long the pause before attempt number `index` was, from 1.
    [[nodiscard]] std::chrono::nanoseconds pause_before(std::size_t index) const {
        return tried_at.at(index) - tried_at.at(index - 1);
    }

    std::vector<loop::clock::time_point> tried_at;

private:
    loop& owner_;
    int failures_left_;
    std::errc error_;
};

/// The error that a retry ends with.
task<std::error_code> failure_of(task<std::string> retried) {
    try {
        co_await std::move(retried);
    } catch (const std::system_error& error) {
        co_return error.code();
    }
    co_return std::error_code();
}

}  // namespace

TEST_CASE("retry gives the result of the first attempt that succeeds", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        flaky at_once(owner, 0);
        const std::string result = co_await retry([&] { return at_once.attempt(); });
        CHECK(result == "success");
        CHECK(at_once.tried_at.size() == 1);
        flaky later(owner, 3);
        const std::string second = co_await retry([&] { return later.attempt(); });
        CHECK(second == "success");
        CHECK(later.tried_at.size() == 4);
    });
}

TEST_CASE("the delays of a retry grow up to their limit", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        flaky tried(owner, 5);
        co_await retry({.first_delay = 1s, .delay_max = 5s, .growth = 2, .jitter = 0},
                       [&] { return tried.attempt(); });
        CHECK(tried.pause_before(1) == 1s);
        CHECK(tried.pause_before(2) == 2s);
        CHECK(tried.pause_before(3) == 4s);
        CHECK(tried.pause_before(4) == 5s);
        CHECK(tried.pause_before(5) == 5s);
    });
}

TEST_CASE("the jitter of a retry shortens each delay by chance", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        flaky tried(owner, 50);
        co_await retry(
            {.attempts_max = 0, .first_delay = 1s, .delay_max = 1s, .growth = 1, .jitter = 0.5},
            [&] { return tried.attempt(); });
        int different = 0;
        for (std::size_t i = 1; i <= 50; ++i) {
            CHECK(tried.pause_before(i) >= 500ms);
            CHECK(tried.pause_before(i) <= 1s);
            if (i > 1 && tried.pause_before(i) != tried.pause_before(i - 1))
                ++different;
        }
        CHECK(different > 40);
    });
}

TEST_CASE("a retry throws the failure of its last attempt", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        flaky tried(owner, 100);
        const std::error_code error =
            co_await failure_of(retry({.attempts_max = 3}, [&] { return tried.attempt(); }));
        CHECK(error == std::errc::connection_refused);
        CHECK(tried.tried_at.size() == 3);
    });
}

TEST_CASE("a failure that is not worth another attempt ends a retry", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        retry_options options;
        options.worth_while = [](const std::error_code& failure) {
            return failure != std::errc::permission_denied;
        };
        flaky tried(owner, 100, std::errc::permission_denied);
        const std::error_code error =
            co_await failure_of(retry(options, [&] { return tried.attempt(); }));
        CHECK(error == std::errc::permission_denied);
        CHECK(tried.tried_at.size() == 1);
        int attempts = 0;
        const auto broken = [&]() -> task<> {
            ++attempts;
            throw std::logic_error("a fault of the program");
            co_return;
        };
        bool thrown = false;
        try {
            co_await retry(std::ref(broken));
        } catch (const std::logic_error&) {
            thrown = true;
        }
        CHECK(thrown);
        CHECK(attempts == 1);
    });
}

TEST_CASE("a retry that is cancelled ends at once, in an attempt or in a pause", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        flaky tried(owner, 100);
        const auto error = co_await failure_of([](flaky& again) -> task<std::string> {
            const ringlet::cancel_scope limit(10s);
            co_return co_await retry({.attempts_max = 0, .first_delay = 4s, .jitter = 0},
                                     [&] { return again.attempt(); });
        }(tried));
        CHECK(error == std::errc::timed_out);
        CHECK(tried.tried_at.size() == 2);
        CHECK(owner.now() - start == 10s);
        int attempts = 0;
        const auto slow = [&]() -> task<> {
            ++attempts;
            co_await ringlet::sleep_for(1h);
        };
        std::error_code in_attempt;
        try {
            co_await ringlet::with_timeout(1s, retry(slow));
        } catch (const std::system_error& thrown) {
            in_attempt = thrown.code();
        }
        CHECK(in_attempt == std::errc::timed_out);
        CHECK(attempts == 1);
    });
}

TEST_CASE("an attempt that takes too long is followed by another", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        int attempts = 0;
        const auto slow_at_first = [&]() -> task<> {
            const auto duration = ++attempts < 3 ? std::chrono::seconds(60) : 1s;
            co_await ringlet::with_timeout(2s, ringlet::sleep_for(duration));
        };
        co_await retry({.first_delay = 1s, .growth = 1, .jitter = 0}, slow_at_first);
        CHECK(attempts == 3);
        CHECK(owner.now() - start == 2s + 1s + 2s + 1s + 1s);
    });
}

TEST_CASE("a retry refuses options that make no sense", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        flaky tried(owner, 0);
        for (const retry_options& wrong :
             {retry_options{.first_delay = -1s}, retry_options{.delay_max = -1s},
              retry_options{.growth = 0.5}, retry_options{.jitter = 1.5},
              retry_options{.growth = std::numeric_limits<double>::quiet_NaN()}}) {
            bool refused = false;
            try {
                co_await retry(wrong, [&] { return tried.attempt(); });
            } catch (const std::invalid_argument&) {
                refused = true;
            }
            CHECK(refused);
        }
        CHECK(tried.tried_at.empty());
    });
}

}  // namespace tests::coro_retry
