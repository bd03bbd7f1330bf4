#include "catch.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/loop/detail/yield_operation.hpp>

#include <string>
#include <vector>

namespace tests::loop_yield_operation {

TEST_CASE("a yield lets everything else that is ready go first", "[loop]") {
    ringlet::loop owner;
    std::vector<std::string> notes;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        const auto note_later = [&](std::string name) -> ringlet::task<> {
            co_await ringlet::detail::yield_operation(owner.core());
            notes.push_back(std::move(name));
        };
        group.spawn(note_later("one"));
        group.spawn(note_later("other"));
        owner.post([&] { notes.emplace_back("posted"); });
        co_await ringlet::detail::yield_operation(owner.core());
        notes.emplace_back("last");
        co_await group.join();
    });
    CHECK(notes == std::vector<std::string>{"posted", "one", "other", "last"});
}

TEST_CASE("a yield fails under a cancelled scope, and not when it has begun before", "[loop]") {
    ringlet::loop owner;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::cancel_scope scope;
        owner.post([&] { scope.cancel(); });
        co_await ringlet::detail::yield_operation(owner.core());
        CHECK(scope.cancelled());
        std::string text;
        try {
            co_await ringlet::detail::yield_operation(owner.core());
        } catch (const std::system_error& error) {
            text = error.what();
        }
        CHECK(text == "yield: Operation canceled");
    });
}

}  // namespace tests::loop_yield_operation
