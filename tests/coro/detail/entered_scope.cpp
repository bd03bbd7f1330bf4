#include "catch.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/detail/entered_scope.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <chrono>
#include <stdexcept>

namespace tests::coro_entered_scope {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::sleep_for;
using ringlet::task;
using ringlet::detail::entered_scope;
using ringlet::detail::operation_scope;

TEST_CASE("what is awaited in an entered scope is cancelled with that, what comes after is not",
          "[coro]") {
    run_virtually([&](loop& owner) -> task<> {
        operation_scope scope(&owner.core().root_scope());
        scope.cancel();
        std::error_code error;
        {
            const entered_scope inside(owner.core(), scope);
            co_await sleep_for(1s, error);
            CHECK(error == std::errc::operation_canceled);
        }
        co_await sleep_for(1s, error);
        CHECK_FALSE(error);
    });
}

TEST_CASE("an entered scope is left by an exception too, and the one around it is there again",
          "[coro]") {
    loop owner;
    operation_scope outer(nullptr);
    operation_scope inner(&outer);
    {
        const entered_scope outside(owner.core(), outer);
        const auto enter_and_throw = [&] {
            const entered_scope inside(owner.core(), inner);
            CHECK(&owner.core().scope() == &inner);
            throw std::runtime_error("");
        };
        CHECK_THROWS_AS(enter_and_throw(), std::runtime_error);
        CHECK(&owner.core().scope() == &outer);
    }
    CHECK(&owner.core().scope() == &owner.core().root_scope());
}

}  // namespace tests::coro_entered_scope
