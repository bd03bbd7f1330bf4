#pragma once

#include "virtual_time_ring.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/net/stream.hpp>

#include <deque>
#include <memory>
#include <span>
#include <utility>

/// A stream in virtual time, whose peer and system do what a test has written down: each receive
/// and each send of the stream ends as the next step says, and waits for ever where there is none.
/// A send with MSG_WAITALL goes through so many of them as it takes.
class timed_connection {
public:
    using duration = ringlet::loop::clock::duration;

    struct step {
        duration after;  // it began
        int result;
    };
    std::deque<step> receives;
    std::deque<step> sends;

    timed_connection() : timed_connection(nullptr) {}

    ringlet::loop& owner() noexcept { return owner_; }
    ringlet::stream& stream() noexcept { return stream_; }

    /// How long this has lasted.
    [[nodiscard]] duration age() const noexcept { return owner_.now().time_since_epoch(); }

    /// Runs the coroutine that `body()` makes.
    template <class Body>
    void run(Body body) {
        ringlet::block_on(owner_, body());
    }

private:
    // The ring is the loop's, and is told of when it is made.
    explicit timed_connection(virtual_time_ring* made)
        : owner_(std::unique_ptr<ringlet::ring>(
              made =
                  new virtual_time_ring([this](const io_uring_sqe& sqe) { return begin(sqe); }))),
          ring_(*made), stream_(owner_, ringlet::socket()) {}

    int begin(const io_uring_sqe& sqe) {
        std::deque<step>& steps = sqe.opcode == IORING_OP_RECV ? receives : sends;
        const auto wanted = (sqe.msg_flags & MSG_WAITALL) != 0 ? size_of(sqe) : 1;
        step end{};
        for (; end.result < wanted && !steps.empty(); steps.pop_front()) {
            end.after += steps.front().after;
            end.result += steps.front().result;
        }
        if (end.result >= wanted)
            ring_.end_after(end.after, sqe.user_data, end.result);
        return virtual_time_ring::pending;
    }

    static int size_of(const io_uring_sqe& send) {
        if (send.opcode == IORING_OP_SEND)
            return static_cast<int>(send.len);
        const auto& message = *reinterpret_cast<const msghdr*>(send.addr);
        std::size_t size = 0;
        for (const iovec& each : std::span(message.msg_iov, message.msg_iovlen))
            size += each.iov_len;
        return static_cast<int>(size);
    }

    ringlet::loop owner_;
    virtual_time_ring& ring_;
    ringlet::stream stream_;
};
