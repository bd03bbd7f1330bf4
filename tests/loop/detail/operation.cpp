#include "catch.hpp"
#include "forked_child.hpp"
#include "loop/manual_operation.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

namespace tests::loop_operation {

namespace {

ringlet::task<> keep_result(manual_operation& awaited, int& result) {
    result = co_await awaited;
}

/// The exception that an await ends with, or an error of no code.
ringlet::task<std::system_error> outcome_of(manual_operation& awaited) {
    try {
        co_await awaited;
    } catch (const std::system_error& error) {
        co_return error;
    }
    co_return std::system_error{std::error_code()};  // NOLINT(bugprone-throw-keyword-missing)
}

ringlet::task<> keep_outcome(manual_operation& awaited, std::error_code& outcome) {
    outcome = (co_await outcome_of(awaited)).code();
}

/// The error of an await that is suspended while `meanwhile` is called, with the scope it is under.
template <class Meanwhile>
std::error_code error_of(manual_operation& awaited, ringlet::loop& owner, Meanwhile meanwhile) {
    std::error_code outcome = std::make_error_code(std::errc::io_error);
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::cancel_scope scope;
        ringlet::detail::joinable_task_group group;
        group.spawn(keep_outcome(awaited, outcome));
        meanwhile(scope);
        co_await group.join();
    });
    return outcome;
}

}  // namespace

TEST_CASE("an operation that ends resumes its waiter later, with its result", "[loop]") {
    ringlet::loop owner;
    manual_operation one(owner);
    int result = 0;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(keep_result(one, result));
        one.end(42);
        CHECK(result == 0);
        co_await group.join();
    });
    CHECK(result == 42);
    CHECK(one.result() == 42);
    CHECK_FALSE(one.error());
}

TEST_CASE("an operation that fails throws its error, named", "[loop]") {
    ringlet::loop owner;
    manual_operation one(owner);
    owner.post([&] { one.end(-ECONNRESET); });
    const std::system_error error = run_coroutine(owner, [&] { return outcome_of(one); });
    CHECK(std::string(error.what()) == "manual_operation: Connection reset by peer");
    CHECK(error.code() == std::errc::connection_reset);
    CHECK(one.error() == std::errc::connection_reset);
}

TEST_CASE("under a cancelled scope nothing starts", "[loop]") {
    ringlet::loop owner;
    manual_operation one(owner);
    const std::system_error error = run_coroutine(owner, [&]() -> ringlet::task<std::system_error> {
        ringlet::cancel_scope scope;
        scope.cancel();
        co_return co_await outcome_of(one);
    });
    CHECK(error.code() == std::errc::operation_canceled);
    CHECK(one.cancels() == 0);
}

TEST_CASE("an operation is cancelled while it is suspended, once", "[loop]") {
    ringlet::loop owner;
    manual_operation one(owner);
    std::error_code outcome;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::cancel_scope scope;
        ringlet::detail::joinable_task_group group;
        group.spawn(keep_outcome(one, outcome));
        scope.cancel();
        scope.cancel();
        CHECK_FALSE(outcome);  // cancelling runs no user code
        co_await group.join();
    });
    CHECK(outcome == std::errc::operation_canceled);
    CHECK(one.cancels() == 1);
}

TEST_CASE("an operation that is timed out says so, whatever is cancelled later", "[loop]") {
    ringlet::loop owner;
    manual_operation one(owner);
    const std::error_code outcome = error_of(one, owner, [&](ringlet::cancel_scope& scope) {
        one.time_out();
        scope.cancel();  // too late to be the reason
    });
    CHECK(outcome == std::errc::timed_out);
    CHECK(one.cancels() == 1);
}

TEST_CASE("where the scope was cancelled before, a time-out is not the reason", "[loop]") {
    ringlet::loop owner;
    manual_operation one(owner);
    const std::error_code outcome = error_of(one, owner, [&](ringlet::cancel_scope& scope) {
        scope.cancel();
        one.time_out();
    });
    CHECK(outcome == std::errc::operation_canceled);
}

TEST_CASE("an operation that has ended keeps its result, whatever is cancelled", "[loop]") {
    ringlet::loop owner;
    manual_operation one(owner);
    const std::error_code outcome = error_of(one, owner, [&](ringlet::cancel_scope& scope) {
        one.end(7);
        scope.cancel();
    });
    CHECK_FALSE(outcome);
    CHECK(one.result() == 7);
    CHECK(one.cancels() == 0);
}

TEST_CASE("an error of its own is not taken for the scope's", "[loop]") {
    ringlet::loop owner;
    manual_operation one(owner);
    const std::error_code outcome = error_of(one, owner, [&](ringlet::cancel_scope& scope) {
        one.end(-EPIPE);
        scope.cancel();
    });
    CHECK(outcome == std::errc::broken_pipe);
}

TEST_CASE("a waiter goes on in the scope that it waited in", "[loop]") {
    ringlet::loop owner;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        bool matched = false;
        const auto wait = [&]() -> ringlet::task<> {
            const ringlet::cancel_scope own;
            ringlet::detail::operation_scope* const before = &owner.core().scope();
            co_await ringlet::yield();
            matched = &owner.core().scope() == before;
        };
        group.spawn(wait());
        const ringlet::cancel_scope other;
        co_await ringlet::yield();
        co_await ringlet::yield();
        CHECK(matched);
        co_await group.join();
    });
}

TEST_CASE("destroying an operation that is pending ends the program", "[loop]") {
    const child_end end = run_in_child([] {
        ringlet::loop owner;
        auto one = std::make_unique<manual_operation>(owner);
        one->await_suspend(std::noop_coroutine());
        one.reset();
        return 0;
    });
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("a coroutine frame was destroyed while an operation in it was pending"));
}

}  // namespace tests::loop_operation
