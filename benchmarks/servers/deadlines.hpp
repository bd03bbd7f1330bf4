// The timers of a server that has many, for the servers written by hand: a deadline for each
// connection, which each message moves, beside other timers that expire now and then and begin
// anew.
#pragma once

#include "server_main.hpp"
#include "timer_heap.hpp"

#include <chrono>
#include <cstddef>

class deadlines {
public:
    using clock = std::chrono::steady_clock;

    explicit deadlines(std::size_t others) : others_(static_cast<timer_heap::id>(others)) {
        for (timer_heap::id i = 0; i < others_; ++i)
            heap_.arm(i, now_ + server_main::timer_period * (i + 1) / others_);
    }

    // Reads the clock, once for all events that have come.
    void begin_turn() noexcept { now_ = clock::now(); }

    // Moves the deadline of a connection that has sent a message.
    void renew(int fd) { heap_.arm(timer_of(fd), now_ + server_main::silence_max); }

    void forget(int fd) noexcept { heap_.disarm(timer_of(fd)); }

    // Calls `end(fd)` for each connection that has been silent for too long.
    template <class End>
    void expire(End end) {
        while (clock::duration::zero() >= until_next()) {
            const auto first = heap_.first();
            if (first < others_) {
                heap_.arm(first, now_ + server_main::timer_period);
            } else {
                heap_.disarm(first);
                end(static_cast<int>(first - others_));
            }
        }
    }

    // How long the server may wait for events. There always is a timer to wait for.
    clock::duration until_next() const noexcept { return heap_.next_deadline() - now_; }

private:
    timer_heap::id timer_of(int fd) const noexcept {
        return others_ + static_cast<timer_heap::id>(fd);
    }

    timer_heap heap_;
    timer_heap::id others_;
    clock::time_point now_ = clock::now();
};
