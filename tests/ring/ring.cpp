#include "catch.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/ring/make_ring.hpp>
#include <ringlet/ring/ring.hpp>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace tests::ring_ring {

using namespace std::chrono_literals;

namespace {

ringlet::task<> note_after(std::chrono::hours timeout, std::string name,
                           std::vector<std::string>& notes) {
    co_await ringlet::sleep_for(timeout);
    notes.push_back(std::move(name));
}

}  // namespace

TEST_CASE("a ring tells the CPU time of its thread", "[ring]") {
    const auto ring = ringlet::make_ring();
    const auto before = ring->cpu_time();
    volatile unsigned spent = 0;
    for (unsigned i = 0; i < 1'000'000; ++i)
        spent = spent + i;
    const auto after = ring->cpu_time();
    CHECK(after > before);
    std::jthread([&] { CHECK(ring->cpu_time() < after); });  // another's
}

TEST_CASE("the queues of a ring are plain memory that needs no kernel", "[ring]") {
    virtual_time_ring ring;
    for (std::uint64_t round = 0; round < 100; ++round) {
        for (std::uint64_t i = 0; i < 3; ++i) {
            io_uring_sqe* const sqe = ring.submissions().next();
            REQUIRE(sqe != nullptr);
            io_uring_prep_nop(sqe);
            sqe->user_data = 10 * round + i;
        }
        ring.enter(2, 2, ringlet::ring::no_deadline);
        REQUIRE(ring.completions().ready() == 2);
        REQUIRE(ring.submissions().prepared() == 1);
        ring.enter(1, 3, ringlet::ring::no_deadline);
        for (std::uint64_t i = 0; i < 3; ++i)
            REQUIRE(ring.completions().pop().user_data == 10 * round + i);
    }
}

TEST_CASE("a loop runs on a ring of one's own, by its clock", "[ring]") {
    auto owned = std::make_unique<virtual_time_ring>();
    virtual_time_ring& ring = *owned;
    ringlet::loop owner(std::move(owned));
    CHECK(owner.ring().name() == "virtual time");

    const auto begun = ring.now();
    std::vector<std::string> notes;
    const auto sleep_long = [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group sleepers;
        sleepers.spawn(note_after(24h, "a day", notes));
        sleepers.spawn(note_after(1h, "an hour", notes));
        sleepers.spawn(note_after(7 * 24h, "a week", notes));
        co_await ringlet::yield();
        co_await sleepers.join();
    };
    ringlet::block_on(owner, sleep_long());
    CHECK(notes == std::vector<std::string>{"an hour", "a day", "a week"});
    CHECK(ring.now() - begun == 7 * 24h);
}

TEST_CASE("a ring that breaks ends the run with its exception", "[ring]") {
    ringlet::loop owner(std::make_unique<virtual_time_ring>());
    CHECK_THROWS_WITH(owner.run(), "virtual_time_ring: this wait would never end");
    CHECK(ringlet::loop::current() == nullptr);
}

TEST_CASE("a ring has the system's network, the steady clock and no overflows to begin with",
          "[ring]") {
    struct bare_ring final : ringlet::ring {
        void enter(unsigned, unsigned, clock::time_point) override {}
        [[nodiscard]] bool supports(unsigned) const noexcept override { return false; }
        [[nodiscard]] std::string_view name() const noexcept override { return "bare"; }
    };
    const bare_ring ring;
    CHECK(&ring.net() == &ringlet::network::system());
    CHECK(ring.overflows() == 0);
    const auto before = std::chrono::steady_clock::now();
    const auto asked = ring.now();
    CHECK(before <= asked);
    CHECK(asked <= std::chrono::steady_clock::now());
}

}  // namespace tests::ring_ring
