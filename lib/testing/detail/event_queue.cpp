#include "event_queue.hpp"

#include <algorithm>
#include <utility>

namespace ringlet::testing::detail {

bool event_queue::is_later(const event& one, const event& other) noexcept {
    return one.when != other.when ? one.when > other.when : one.number > other.number;
}

void event_queue::plan(time_point when, std::shared_ptr<event_target> target, unsigned what) {
    heap_.push_back({when, planned_++, std::move(target), what});
    std::push_heap(heap_.begin(), heap_.end(), is_later);
}

void event_queue::happen_next() {
    std::pop_heap(heap_.begin(), heap_.end(), is_later);
    const event next = std::move(heap_.back());
    heap_.pop_back();
    next.target->happen(next.what);
}

}  // namespace ringlet::testing::detail
