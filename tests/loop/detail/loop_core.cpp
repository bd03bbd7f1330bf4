#include "captured_log.hpp"
#include "catch.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tests::loop_loop_core {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::joinable_task_group;
using ringlet::detail::loop_core;

namespace {

/// A loop that is turned by hand.
struct turned_loop {
    loop owner{std::make_unique<virtual_time_ring>()};
    loop_core& core = owner.core();

    /// Turns the loop while it has something to do. How many turns that took.
    int turn() {
        int turns = 0;
        for (; core.has_work(); ++turns)
            core.turn_once();
        return turns;
    }
};

/// A ring that calls `meanwhile()` the first time that it waits, and then returns early.
class calling_ring final : public virtual_time_ring {
public:
    void enter(unsigned submit, unsigned wait_for, clock::time_point deadline) override {
        virtual_time_ring::enter(submit, 0, deadline);
        if (completions_.ready() < wait_for && meanwhile)
            std::exchange(meanwhile, nullptr)();
    }

    std::function<void()> meanwhile;
};

std::string refusal(const std::function<void()>& call) {
    try {
        call();
    } catch (const std::logic_error& refused) {
        return refused.what();
    }
    return "";
}

}  // namespace

TEST_CASE("two loops that are turned by hand in one thread post to each other", "[loop]") {
    turned_loop one;
    turned_loop other;
    one.turn();
    other.turn();
    std::vector<loop*> ran_in;
    std::function<void(turned_loop&, turned_loop&)> pass = [&](turned_loop& here,
                                                               turned_loop& there) {
        ran_in.push_back(loop::current());
        if (ran_in.size() < 4)
            there.owner.post([&] { pass(there, here); });
    };
    one.owner.post([&] { pass(one, other); });
    while (one.turn() + other.turn() > 0) {
    }
    CHECK(ran_in == std::vector{&one.owner, &other.owner, &one.owner, &other.owner});
    CHECK(loop::current() == nullptr);
}

TEST_CASE("a loop has work when a turn would do something, and else not", "[loop]") {
    turned_loop turned;
    CHECK(turned.core.has_work());  // its first SQE is to be handed over
    CHECK(turned.turn() == 1);
    CHECK_FALSE(turned.core.has_work());
    CHECK(turned.core.next_deadline() == loop_core::clock::time_point::max());

    turned.owner.post([] {});
    CHECK(turned.core.has_work());
    CHECK(turned.turn() == 1);

    joinable_task_group tasks(turned.owner);
    int steps = 0;
    turned.core.begin_here([&] {
        tasks.spawn([](int& counted) -> task<> {
            co_await ringlet::yield();
            ++counted;
            co_await ringlet::sleep_for(1s);
            ++counted;
        }(steps));
    });
    CHECK(turned.core.has_work());  // a coroutine that is ready
    turned.turn();
    CHECK(steps == 1);
    CHECK_FALSE(turned.core.has_work());
    CHECK(turned.core.next_deadline() == turned.core.now() + 1s);

    auto& ring = static_cast<virtual_time_ring&>(turned.owner.ring());
    ring.enter(0, 1, turned.core.next_deadline());
    CHECK(turned.core.has_work());  // a timer that is due
    CHECK(turned.turn() == 1);
    CHECK(steps == 2);
}

TEST_CASE("a turn by hand waits for nothing", "[loop]") {
    turned_loop turned;
    turned.turn();
    turned.core.turn_once();
    CHECK(static_cast<virtual_time_ring&>(turned.owner.ring()).waits() == 0);
}

TEST_CASE("what a posted callable throws in a turn by hand goes to the log", "[loop]") {
    const captured_log log;
    turned_loop turned;
    turned.owner.post([] { throw std::runtime_error("no luck"); });
    turned.turn();
    CHECK(log.text().find("no luck") != std::string::npos);
}

TEST_CASE("what is begun in a loop finds it current, in its outermost scope, and turns nothing",
          "[loop]") {
    turned_loop outer;
    turned_loop inner;
    bool posted_ran = false;
    inner.owner.post([&] { posted_ran = true; });
    outer.core.begin_here([&] {
        const auto& scope = outer.core.scope();
        inner.core.begin_here([&] {
            CHECK(loop::current() == &inner.owner);
            CHECK(&inner.core.scope() == &inner.core.root_scope());
        });
        CHECK(loop::current() == &outer.owner);
        CHECK(&outer.core.scope() == &scope);
        CHECK_THROWS_AS(inner.core.begin_here([] { throw std::domain_error("no"); }),
                        std::domain_error);
        CHECK(loop::current() == &outer.owner);
    });
    CHECK(loop::current() == nullptr);
    CHECK_FALSE(posted_ran);
}

TEST_CASE("a coroutine goes on in its own scope after it has begun another beside it", "[loop]") {
    turned_loop turned;
    joinable_task_group tasks(turned.owner);
    const ringlet::detail::operation_scope* before = nullptr;
    const ringlet::detail::operation_scope* after = nullptr;
    turned.core.begin_here([&] {
        tasks.spawn([](loop_core& core, auto*& first, auto*& last) -> task<> {
            const ringlet::cancel_scope own;
            first = &core.scope();
            core.begin_here([] {});
            last = &core.scope();
            co_return;
        }(turned.core, before, after));
    });
    CHECK(before != &turned.core.root_scope());
    CHECK(after == before);
}

TEST_CASE("a loop in the middle of a turn has no work, and is not turned", "[loop]") {
    turned_loop turned;
    turned_loop inner;
    bool had_work = true;
    std::string said;
    turned.owner.post([&] {
        turned.owner.post([] {});
        inner.owner.post([&] {
            had_work = turned.core.has_work();
            said = refusal([&] { turned.core.turn_once(); });
        });
        inner.turn();
    });
    turned.turn();
    CHECK_FALSE(had_work);
    CHECK(said.find("in the middle of a turn") != std::string::npos);
}

TEST_CASE("a loop is not run within the run of a loop that it runs", "[loop]") {
    loop outer;
    loop inner;
    std::string said;
    run_coroutine(outer, [&]() -> task<> {
        run_coroutine(inner, [&]() -> task<> {
            said = refusal([&] { outer.run(); });
            co_return;
        });
        co_return;
    });
    CHECK(said.find("runs already") != std::string::npos);
}

TEST_CASE("a loop that waits in its ring is turned from there", "[loop]") {
    auto made = std::make_unique<calling_ring>();
    calling_ring& ring = *made;
    loop waiting(std::move(made));
    loop_core& core = waiting.core();
    int ran = 0;
    bool done = false;
    std::vector<bool> had_work;
    ring.meanwhile = [&] {
        had_work.push_back(core.has_work());
        waiting.post([&] {
            ++ran;
            waiting.post([&] { ++ran; });  // the turn leaves work behind
        });
        had_work.push_back(core.has_work());
        core.turn_once();
        CHECK(ran == 1);
        had_work.push_back(core.has_work());
        core.turn_once();
        CHECK(ran == 2);
        had_work.push_back(core.has_work());
        waiting.post([&] {
            CHECK(loop::current() == &waiting);
            done = ++ran == 3;
        });
    };
    core.run_until(done, [] {});
    CHECK(ran == 3);
    CHECK(had_work == std::vector{false, true, true, false});
    // The end of the loop would wait for ever for a wake-up that it expects and nobody gives.
}

}  // namespace tests::loop_loop_core
