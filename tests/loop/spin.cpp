// How a loop waits: by looking, and then in its ring.

#include "catch.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/event.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/detail/close_operation.hpp>

#include <functional>
#include <memory>
#include <stdexcept>

namespace tests::loop_spin {

using namespace std::chrono_literals;

namespace {

/// A ring on which a loop can wait by looking, and an operation ends `delay` after it was begun.
class late_ring : public virtual_time_ring {
public:
    explicit late_ring(clock::duration delay)
        : virtual_time_ring(
              [this, delay](const io_uring_sqe& sqe) {
                  end_after(delay, sqe.user_data, 0);
                  return pending;
              },
              true) {}

    [[nodiscard]] clock::time_point now() const noexcept override {
        if (on_look)
            on_look();
        return virtual_time_ring::now();
    }

    std::function<void()> on_look;
};

struct spinning {
    explicit spinning(late_ring::clock::duration delay, std::chrono::microseconds spin_max = 50us)
        : owned_ring(std::make_unique<late_ring>(delay)), ring(*owned_ring),
          loop(std::move(owned_ring), {.spin_max = spin_max}) {}

    void close(int times) {
        run_coroutine(loop, [&]() -> ringlet::task<> {
            for (int i = 0; i < times; ++i)
                static_cast<void>(co_await ringlet::detail::close_operation(loop.core(), -1));
        });
    }

    std::unique_ptr<late_ring> owned_ring;
    late_ring& ring;
    ringlet::loop loop;
};

}  // namespace

TEST_CASE("what comes soon is found by looking, and the ring does not wait", "[loop]") {
    spinning here(20us);
    here.close(10);
    CHECK(here.loop.statistics().spins == 10);
    CHECK(here.loop.statistics().spins_in_vain == 0);
    CHECK(here.ring.waits() == 0);

    here.close(10'000);
    CHECK(here.loop.statistics().spins > 9'000);
    CHECK(here.loop.statistics().spins_in_vain == 0);
}

TEST_CASE("what comes late is waited for in the ring, nearly always without a look", "[loop]") {
    spinning here(10ms);
    here.close(10'000);
    CHECK(here.loop.statistics().spins > 0);
    CHECK(here.loop.statistics().spins < 1'000);
    CHECK(here.loop.statistics().spins_in_vain == here.loop.statistics().spins);
    CHECK(here.ring.waits() >= 10'000);
}

TEST_CASE("what comes soon, but later than it costs to block, is waited for in the ring",
          "[loop]") {
    spinning here(45us);
    here.close(10'000);
    CHECK(here.ring.waits() > 9'000);
    CHECK(here.loop.statistics().spins_in_vain == 0);
}

TEST_CASE("spin_max is how long a loop looks", "[loop]") {
    spinning here(200us, 300us);
    here.close(10);
    CHECK(here.ring.waits() == 0);

    spinning less(200us, 100us);
    less.close(1);
    CHECK(less.loop.statistics().spins_in_vain == 1);
    CHECK(less.ring.waits() == 1);
}

TEST_CASE("a loop with spin_max 0 blocks at once", "[loop]") {
    spinning here(1us, 0us);
    here.close(10);
    CHECK(here.loop.statistics().spins == 0);
    CHECK(here.ring.waits() == 10);
}

TEST_CASE("what is posted ends a spin", "[loop]") {
    spinning here(1h);
    ringlet::event posted;
    int looks = 0;
    here.ring.on_look = [&] {
        if (++looks == 10)
            here.loop.post([&] { posted.set(); });
    };
    run_coroutine(here.loop, [&]() -> ringlet::task<> { co_await posted.wait(); });
    CHECK(here.loop.statistics().spins_in_vain == 0);
    CHECK(here.ring.waits() == 0);
}

TEST_CASE("a spin ends where a timer is due", "[loop]") {
    spinning here(1h, 10ms);
    run_coroutine(here.loop, [&]() -> ringlet::task<> {
        const auto begun = here.loop.now();
        co_await ringlet::sleep_for(100us);
        CHECK(here.loop.now() - begun >= 100us);
        CHECK(here.loop.now() - begun < 200us);
    });
    CHECK(here.loop.statistics().spins == 1);
    CHECK(here.loop.statistics().spins_in_vain == 0);
    CHECK(here.ring.waits() == 0);
}

TEST_CASE("a loop that is idle seldom spins, on the rings there are", "[loop]") {
    ringlet::loop owner;
    run_coroutine(owner, []() -> ringlet::task<> {
        for (int i = 0; i < 2'500; ++i)
            co_await ringlet::sleep_for(100us);
    });
    CHECK(owner.statistics().spins <= owner.statistics().turns / 4);
}

TEST_CASE("a spin_max out of range is refused, by its name and unit", "[loop]") {
    CHECK_THROWS_WITH(ringlet::loop({.spin_max = -1us}),
                      "loop_options: spin_max must be 0 to 10 ms, not -1 us");
    CHECK_THROWS_WITH(ringlet::loop({.spin_max = 10'001us}),
                      "loop_options: spin_max must be 0 to 10 ms, not 10001 us");
}

}  // namespace tests::loop_spin
