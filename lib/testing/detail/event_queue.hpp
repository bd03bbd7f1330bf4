#pragma once

#include <ringlet/ring/ring.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace ringlet::testing::detail {

/// Something to which events of simulated time happen.
class event_target {
public:
    /// Lets it happen; `what` is the number with which the event was planned.
    virtual void happen(unsigned what) = 0;

protected:
    ~event_target() = default;
};

/// What is going to happen in simulated time, in its order; first planned, first happening, where
/// times are equal.
class event_queue {
public:
    using time_point = ring::clock::time_point;

    /// Plans an event. The target is kept until it has happened.
    void plan(time_point when, std::shared_ptr<event_target> target, unsigned what = 0);

    [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }

    /// The time of the first event, of which there must be one.
    [[nodiscard]] time_point next() const noexcept { return heap_.front().when; }

    /// Takes the first event out and lets it happen.
    void happen_next();

    /// Forgets all events.
    void clear() noexcept { heap_.clear(); }

private:
    struct event {
        time_point when;
        std::uint64_t number;
        std::shared_ptr<event_target> target;
        unsigned what;
    };

    static bool is_later(const event& one, const event& other) noexcept;

    std::vector<event> heap_;
    std::uint64_t planned_ = 0;
};

}  // namespace ringlet::testing::detail
