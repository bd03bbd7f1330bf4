#pragma once

// What the conformance tests share: the same bodies run on every ring, as bare SQEs and CQEs, and
// the kernel's behaviour is the truth.

#include "time_limit.hpp"

#include <ringlet/ring/epoll_ring.hpp>
#include <ringlet/ring/kernel_ring.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

struct ring_under_test {
    std::string name;
    std::function<std::unique_ptr<ringlet::ring>()> make;
};

/// Every ring there is, for Catch2 to generate test runs from.
inline std::vector<ring_under_test> rings_under_test() {
    return {{"kernel", [] { return std::make_unique<ringlet::kernel_ring>(); }},
            {"epoll", [] { return std::make_unique<ringlet::epoll_ring>(); }}};
}

/// Puts one SQE into the queue, filled in by `prepare(sqe)`.
template <class Prepare>
void prepare_as(ringlet::ring& ring, std::uint64_t user_data, Prepare prepare) {
    io_uring_sqe* const sqe = ring.submissions().next();
    if (sqe == nullptr)
        throw std::runtime_error("the submission queue is full");
    prepare(sqe);
    sqe->user_data = user_data;
}

/// Hands over what is prepared, and takes what has completed by then.
inline void hand_over(ringlet::ring& ring) {
    ring.enter(ring.submissions().prepared(), 0, ringlet::ring::no_deadline);
}

/// Hands over what is prepared, and waits for the next completion; up to the time limit.
inline ringlet::completion next_completion(ringlet::ring& ring) {
    const auto limit = ring.now() + time_limit;
    while (ring.completions().ready() == 0) {
        if (ring.now() >= limit)
            throw std::runtime_error("waited in vain for a completion");
        ring.enter(ring.submissions().prepared(), 1, limit);
    }
    return ring.completions().pop();
}
