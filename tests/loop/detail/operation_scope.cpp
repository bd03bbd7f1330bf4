#include "catch.hpp"
#include "loop/manual_operation.hpp"

#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/detail/operation_scope.hpp>

#include <stdexcept>

namespace tests::loop_operation_scope {

using ringlet::detail::operation_scope;

namespace {

/// Begins `one` under `scope`.
void begin_under(ringlet::loop& owner, operation_scope& scope, manual_operation& one) {
    owner.core().set_scope(scope);
    REQUIRE(one.await_suspend(std::noop_coroutine()));
    owner.core().set_scope(owner.core().root_scope());
}

/// Turns the loop until what is ready has been resumed.
void settle(ringlet::loop& owner) {
    owner.stop();
    owner.run();
}

}  // namespace

TEST_CASE("cancelling a scope cancels what is in flight under it, and nothing else", "[loop]") {
    ringlet::loop owner;
    operation_scope scope(nullptr);
    operation_scope other(nullptr);
    manual_operation one(owner);
    manual_operation two(owner);
    manual_operation elsewhere(owner);
    begin_under(owner, scope, one);
    begin_under(owner, scope, two);
    begin_under(owner, other, elsewhere);
    scope.cancel();
    CHECK(scope.cancelled());
    CHECK_FALSE(other.cancelled());
    CHECK(one.cancels() == 1);
    CHECK(two.cancels() == 1);
    CHECK(elsewhere.cancels() == 0);
    elsewhere.end(0);
    settle(owner);
}

TEST_CASE("an operation that has ended has left its scope", "[loop]") {
    ringlet::loop owner;
    operation_scope scope(nullptr);
    manual_operation one(owner);
    begin_under(owner, scope, one);
    one.end(0);
    scope.cancel();
    CHECK(one.cancels() == 0);
    settle(owner);
}

TEST_CASE("a scope takes those inside it along, but not those outside", "[loop]") {
    ringlet::loop owner;
    operation_scope outer(nullptr);
    operation_scope middle(&outer);
    operation_scope inner(&middle);
    manual_operation outside(owner);
    manual_operation inside(owner);
    begin_under(owner, outer, outside);
    begin_under(owner, inner, inside);
    middle.cancel(std::errc::timed_out);
    CHECK_FALSE(outer.cancelled());
    CHECK(inner.reason() == std::errc::timed_out);
    CHECK(outside.cancels() == 0);
    CHECK(inside.cancels() == 1);
    outer.cancel();
    CHECK(outside.cancels() == 1);
    CHECK(inside.cancels() == 1);
    settle(owner);
}

TEST_CASE("a scope made inside a cancelled one is cancelled from the beginning", "[loop]") {
    operation_scope outer(nullptr);
    outer.cancel(std::errc::timed_out);
    const operation_scope inner(&outer);
    CHECK(inner.cancelled());
    CHECK(inner.reason() == std::errc::timed_out);
}

TEST_CASE("the first reason for which a scope is cancelled stays", "[loop]") {
    operation_scope scope(nullptr);
    CHECK_FALSE(scope.cancelled());
    CHECK_FALSE(scope.reason());
    scope.cancel(std::errc::timed_out);
    scope.cancel(std::errc::operation_canceled);
    CHECK(scope.reason() == std::errc::timed_out);
}

TEST_CASE("the error of a cancelled operation is the reason of its scope", "[loop]") {
    ringlet::loop owner;
    operation_scope scope(nullptr);
    manual_operation before(owner);
    manual_operation after(owner);
    begin_under(owner, scope, before);
    scope.cancel(std::errc::timed_out);
    CHECK(before.error() == std::errc::timed_out);
    CHECK(before.result() == -ECANCELED);
    owner.core().set_scope(scope);
    CHECK_FALSE(after.await_suspend(std::noop_coroutine()));
    CHECK(after.error() == std::errc::timed_out);
    settle(owner);
}

TEST_CASE("a scope knows the exception of a coroutine that was cancelled with it", "[loop]") {
    operation_scope scope(nullptr);
    const auto exception_of = [](std::error_code code) {
        return std::make_exception_ptr(std::system_error(code));
    };
    const std::error_code cancelled = std::make_error_code(std::errc::operation_canceled);
    CHECK_FALSE(scope.caused(exception_of(cancelled)));
    scope.cancel(std::errc::timed_out);
    CHECK(scope.caused(exception_of(scope.reason())));
    CHECK_FALSE(scope.caused(exception_of(cancelled)));
    CHECK_FALSE(scope.caused(exception_of({ETIMEDOUT, std::system_category()})));  // TCP's own
    CHECK_FALSE(scope.caused(exception_of(std::make_error_code(std::errc::broken_pipe))));
    CHECK_FALSE(scope.caused(std::make_exception_ptr(std::runtime_error("another"))));
    CHECK_FALSE(scope.caused(nullptr));
}

TEST_CASE("a scope that ends before the one around it has left it", "[loop]") {
    operation_scope outer(nullptr);
    { const operation_scope inner(&outer); }
    outer.cancel();
    CHECK(outer.cancelled());
}

}  // namespace tests::loop_operation_scope
