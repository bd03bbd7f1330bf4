// Timers that are armed, nearest first, as a specialist keeps them: a heap of four children a node,
// flat in memory, with an index of the place of each timer, so that a timer can be moved and taken
// out.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

class timer_heap {
public:
    using id = std::uint32_t;  // small numbers: the index has an entry for each up to the largest
    using time_point = std::chrono::steady_clock::time_point;

    bool empty() const noexcept { return nodes_.empty(); }

    // The nearest timer of a heap that is not empty.
    id first() const noexcept { return nodes_.front().timer; }
    time_point next_deadline() const noexcept { return nodes_.front().deadline; }

    // Arms a timer, or moves the deadline of one that is armed.
    void arm(id timer, time_point deadline) {
        if (timer >= place_of_.size())
            place_of_.resize(timer + std::size_t{1}, nowhere);
        if (place_of_[timer] == nowhere) {
            nodes_.emplace_back();
            sink_or_rise(nodes_.size() - 1, {deadline, timer});
        } else {
            sink_or_rise(place_of_[timer], {deadline, timer});
        }
    }

    void disarm(id timer) noexcept {
        if (timer >= place_of_.size() || place_of_[timer] == nowhere)
            return;
        const std::size_t place = place_of_[timer];
        const node last = nodes_.back();
        nodes_.pop_back();
        place_of_[timer] = nowhere;
        if (place < nodes_.size())
            sink_or_rise(place, last);
    }

private:
    static constexpr std::size_t children = 4;
    static constexpr std::uint32_t nowhere = ~0U;

    struct node {
        time_point deadline;
        id timer = 0;
    };

    void put(std::size_t place, const node& moved) noexcept {
        nodes_[place] = moved;
        place_of_[moved.timer] = static_cast<std::uint32_t>(place);
    }

    // Puts `moved` in its place in the heap, given that only the node at `place` is out of order.
    void sink_or_rise(std::size_t place, const node& moved) noexcept {
        while (place > 0 && moved.deadline < nodes_[(place - 1) / children].deadline) {
            put(place, nodes_[(place - 1) / children]);
            place = (place - 1) / children;
        }
        for (std::size_t child; (child = nearest_child_of(place)) < nodes_.size(); place = child) {
            if (moved.deadline <= nodes_[child].deadline)
                break;
            put(place, nodes_[child]);
        }
        put(place, moved);
    }

    // The place of the nearest child of a node; the number of nodes, or more, if it has none.
    std::size_t nearest_child_of(std::size_t place) const noexcept {
        const std::size_t first = place * children + 1;
        const std::size_t end = std::min(first + children, nodes_.size());
        std::size_t nearest = first;
        for (std::size_t child = first + 1; child < end; ++child)
            if (nodes_[child].deadline < nodes_[nearest].deadline)
                nearest = child;
        return nearest;
    }

    std::vector<node> nodes_;
    std::vector<std::uint32_t> place_of_;
};
