#include "catch.hpp"
#include "forked_child.hpp"
#include "loop/manual_operation.hpp"

#include <ringlet/net/detail/direction.hpp>

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace tests::net_direction {

using ringlet::detail::direction;

TEST_CASE("a direction has one operation at a time", "[net]") {
    ringlet::loop owner;
    manual_operation one(owner);
    manual_operation other(owner);
    direction incoming;
    CHECK(incoming.empty());
    CHECK_NOTHROW(incoming.require_idle("recv"));

    incoming.begin(one);
    CHECK_FALSE(incoming.empty());
    CHECK_THROWS_AS(incoming.require_idle("recv"), std::logic_error);
    CHECK_THROWS_WITH(incoming.require_idle("recv"),
                      "recv: another one is pending on this stream; await it first");
    incoming.end(other);  // which never began
    CHECK_FALSE(incoming.empty());
    incoming.end(one);
    CHECK(incoming.empty());
}

TEST_CASE("cancelling a direction cancels what is pending in it, if anything is", "[net]") {
    ringlet::loop owner;
    manual_operation one(owner);
    direction incoming;
    incoming.cancel();
    CHECK(one.cancels() == 0);
    REQUIRE(one.await_suspend(std::noop_coroutine()));
    incoming.begin(one);
    incoming.cancel();
    CHECK(one.cancels() == 1);
    incoming.end(one);
    owner.stop();
    owner.run();
}

TEST_CASE("a direction that is moved still knows that it has ended", "[net]") {
    direction first;
    first.set_ended();
    direction second(std::move(first));
    CHECK(second.ended());
    direction third;
    CHECK_FALSE(third.ended());
    third = std::move(second);
    CHECK(third.ended());
}

TEST_CASE("a direction adds bytes to a total, if it has one, also once it has moved", "[net]") {
    std::atomic<std::uint64_t> total{0};
    direction first;
    first.progress(1, {});
    first.count_into(&total);
    first.progress(2, {});
    first.progress(0, {});
    direction second(std::move(first));
    second.progress(30, {});
    direction third;
    third = std::move(second);
    third.progress(400, {});
    CHECK(total == 432);
    third.count_into(nullptr);
    third.progress(5000, {});
    CHECK(total == 432);
}

TEST_CASE("a direction that is timed out ends what is pending with timed_out", "[net]") {
    ringlet::loop owner;
    manual_operation one(owner);
    direction incoming;
    incoming.time_out();
    CHECK(one.cancels() == 0);
    REQUIRE(one.await_suspend(std::noop_coroutine()));
    incoming.begin(one);
    CHECK(incoming.newest() == &one);
    incoming.time_out();
    CHECK(one.cancels() == 1);
    CHECK(one.error() == std::errc::timed_out);
    incoming.end(one);
    CHECK(incoming.newest() == nullptr);
    owner.stop();
    owner.run();
}

TEST_CASE("a direction knows when bytes last went through, and whether that matters", "[net]") {
    using time_point = direction::time_point;
    direction outgoing;
    CHECK(outgoing.progressed_at() == time_point::min());
    const time_point noon{std::chrono::hours(12)};
    outgoing.progress(1, noon);
    CHECK(outgoing.progressed_at() == noon);

    CHECK_FALSE(outgoing.watched());
    outgoing.watch();
    outgoing.watch();
    outgoing.unwatch();
    CHECK(outgoing.watched());
    const direction moved(std::move(outgoing));
    CHECK(moved.progressed_at() == noon);
    CHECK_FALSE(moved.watched());  // who watches stays where it is
}

TEST_CASE("directions in several threads add to one total", "[net]") {
    constexpr int threads = 4;
    constexpr int times = 50'000;
    std::atomic<std::uint64_t> total{0};
    {
        std::vector<std::jthread> together;
        for (int i = 0; i < threads; ++i)
            together.emplace_back([&total] {
                direction own;
                own.count_into(&total);
                for (int time = 0; time < times; ++time)
                    own.progress(3, {});
            });
    }
    CHECK(total == threads * times * 3);
}

TEST_CASE("moving or destroying a direction that is busy ends the program", "[net]") {
    const child_end moved = run_in_child([] {
        ringlet::loop owner;
        manual_operation one(owner);
        direction incoming;
        incoming.begin(one);
        const direction other(std::move(incoming));
        return 0;
    });
    CHECK(moved.killed_by(SIGABRT));
    CHECK(moved.says("a stream was moved while an operation on it was pending"));

    const child_end destroyed = run_in_child([] {
        ringlet::loop owner;
        manual_operation one(owner);
        std::optional<direction> incoming(std::in_place);
        incoming->begin(one);
        incoming.reset();
        return 0;
    });
    CHECK(destroyed.killed_by(SIGABRT));
    CHECK(destroyed.says("a stream was destroyed while an operation on it was pending"));
}

}  // namespace tests::net_direction
