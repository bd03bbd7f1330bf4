#include "catch.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/detail/scoped_await.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <chrono>
#include <coroutine>
#include <stdexcept>

namespace tests::coro_scoped_await {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::scoped_await;

namespace {

/// Throws in one of the three steps of an await, and keeps the scope that it was in.
class thrower {
public:
    enum class step { ready, suspend, resume };

    explicit thrower(step when) noexcept : when_(when) {}

    bool await_ready() {
        scope = &loop::current()->core().scope();
        throw_in(step::ready);
        return when_ == step::resume;
    }
    bool await_suspend(std::coroutine_handle<> /*waiter*/) {
        throw_in(step::suspend);
        return false;
    }
    void await_resume() const { throw_in(step::resume); }

    ringlet::detail::operation_scope* scope = nullptr;

private:
    void throw_in(step here) const {
        if (here == when_)
            throw std::runtime_error("in a step");
    }

    step when_;
};

}  // namespace

TEST_CASE("an await in a scope of its own leaves it, whichever step throws", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const ringlet::cancel_scope outer;
        auto* const around = &owner.core().scope();
        for (const auto step :
             {thrower::step::ready, thrower::step::suspend, thrower::step::resume}) {
            thrower awaited(step);
            bool thrown = false;
            try {
                co_await scoped_await<thrower&>(owner.now() + 1h, awaited);
            } catch (const std::runtime_error&) {
                thrown = true;
            }
            CHECK(thrown);
            CHECK(awaited.scope != nullptr);
            CHECK(awaited.scope != around);
            CHECK(&owner.core().scope() == around);
            CHECK(owner.core().timers().empty());
        }
    });
}

TEST_CASE("an await in a scope of its own enters it when it is awaited, not when it is made",
          "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        auto* const around = &owner.core().scope();
        {
            const scoped_await<ringlet::detail::sleep_operation> never(owner.now(),
                                                                       ringlet::sleep_for(1s));
            CHECK(&owner.core().scope() == around);
            CHECK(owner.core().timers().empty());
        }
        co_await ringlet::sleep_for(1s);
    });
}

TEST_CASE("an await in a scope of its own gives what is awaited gives, references too", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        int number = 5;
        const auto reference = [&]() -> task<int&> { co_return number; };
        int& same = co_await scoped_await<task<int&>>(owner.now() + 1h, reference());
        CHECK(&same == &number);
    });
}

}  // namespace tests::coro_scoped_await
