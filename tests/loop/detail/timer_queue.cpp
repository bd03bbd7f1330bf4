#include "catch.hpp"

#include <ringlet/loop/detail/timer_queue.hpp>

#include <functional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tests::loop_timer_queue {

using namespace std::chrono_literals;

namespace {

using time_point = ringlet::detail::timer::time_point;

struct noting_timer final : ringlet::detail::timer {
    std::function<void()> on_expiry;
    void expire() override { on_expiry(); }
};

/// The timers of a queue that have expired, by number; and how to tell them apart.
struct numbered_timers {
    explicit numbered_timers(std::size_t count) : timers(count) {
        for (std::size_t i = 0; i < count; ++i)
            timers[i].on_expiry = [this, i] { expired.push_back(i); };
    }
    std::vector<noting_timer> timers;
    std::vector<std::size_t> expired;
};

struct counting_timer final : ringlet::detail::timer {
    int* expired = nullptr;
    void expire() override { ++*expired; }
};

/// What a timer_queue does, in the simplest way there is.
class model {
public:
    explicit model(std::size_t count) : armed_(count, not_armed) {}

    void arm(std::size_t timer, time_point deadline) {
        armed_[timer] = {deadline, order_++};
        queue_.insert({armed_[timer], timer});
    }
    bool disarm(std::size_t timer) {
        const bool was_armed = queue_.erase({armed_[timer], timer}) > 0;
        armed_[timer] = not_armed;
        return was_armed;
    }
    [[nodiscard]] bool is_armed(std::size_t timer) const { return armed_[timer] != not_armed; }
    [[nodiscard]] time_point next_deadline() const {
        return queue_.empty() ? time_point::max() : queue_.begin()->first.first;
    }
    std::vector<std::size_t> expire_until(time_point now) {
        std::vector<std::size_t> expired;
        while (next_deadline() <= now) {
            expired.push_back(queue_.begin()->second);
            disarm(expired.back());
        }
        return expired;
    }

private:
    using place = std::pair<time_point, std::uint64_t>;
    static constexpr place not_armed{time_point::max(), 0};

    std::vector<place> armed_;
    std::set<std::pair<place, std::size_t>> queue_;
    std::uint64_t order_ = 1;
};

}  // namespace

TEST_CASE("a timer queue does what a sorted set does, 100,000 times", "[loop]") {
    constexpr std::size_t count = 500;
    ringlet::detail::timer_queue queue;
    numbered_timers real(count);
    model expected(count);
    std::mt19937 random(20'251);  // any seed will do, as long as it is always the same
    std::uniform_int_distribution<std::size_t> any_timer(0, count - 1);
    std::uniform_int_distribution<int> any_delay(0, 200);
    std::uniform_int_distribution<int> any_action(0, 99);
    time_point now{};

    for (int step = 0; step < 100'000; ++step) {
        const std::size_t timer = any_timer(random);
        const int action = any_action(random);
        if (action < 60) {
            if (!expected.is_armed(timer)) {
                const time_point deadline = now + std::chrono::seconds(any_delay(random));
                queue.arm(real.timers[timer], deadline);
                expected.arm(timer, deadline);
            }
        } else if (action < 90) {
            REQUIRE(queue.disarm(real.timers[timer]) == expected.disarm(timer));
        } else {
            now += std::chrono::seconds(any_delay(random) / 20);
            real.expired.clear();
            queue.expire_until(now);
            REQUIRE(real.expired == expected.expire_until(now));
        }
        REQUIRE(queue.next_deadline() == expected.next_deadline());
    }
    queue.expire_until(time_point::max());
    CHECK(queue.empty());
}

TEST_CASE("of timers with the same deadline, the first armed expires first", "[loop]") {
    constexpr std::size_t count = 1'000;
    ringlet::detail::timer_queue queue;
    numbered_timers same(count);
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < count; ++i) {
        order.push_back(i * 7 % count);  // every one of them, since 7 does not divide 1,000
        queue.arm(same.timers[order.back()], time_point(1s));
    }
    queue.expire_until(time_point(1s) - 1ns);
    CHECK(same.expired.empty());
    queue.expire_until(time_point(1s));
    CHECK(same.expired == order);
}

TEST_CASE("a timer may arm and disarm timers as it expires", "[loop]") {
    ringlet::detail::timer_queue queue;
    std::vector<std::string> notes;
    noting_timer again;
    noting_timer never;
    noting_timer late;
    again.on_expiry = [&] {
        notes.emplace_back("again");
        queue.disarm(never);
        if (notes.size() < 3)
            queue.arm(again, again.deadline() + 1s);
        else
            queue.arm(late, time_point(100s));
    };
    never.on_expiry = [&] { notes.emplace_back("never"); };
    late.on_expiry = [&] { notes.emplace_back("late"); };
    queue.arm(again, time_point(1s));
    queue.arm(never, time_point(1s));
    queue.expire_until(time_point(10s));
    CHECK(notes == std::vector<std::string>{"again", "again", "again"});
    CHECK(queue.next_deadline() == time_point(100s));
    CHECK(queue.disarm(late));
    CHECK(queue.empty());
}

TEST_CASE("a million timers in one heap need no deep stack", "[loop]") {
    constexpr std::size_t count = 1'000'000;
    int expired = 0;
    std::vector<counting_timer> timers(count);
    ringlet::detail::timer_queue queue;
    for (std::size_t i = 0; i < count; ++i) {
        timers[i].expired = &expired;
        queue.arm(timers[i], time_point(std::chrono::seconds(i)));
    }
    CHECK(queue.disarm(timers[0]));  // the root, whose children are all the others
    queue.expire_until(time_point::max());
    CHECK(expired == count - 1);
    CHECK(queue.next_deadline() == time_point::max());
}

}  // namespace tests::loop_timer_queue
