#pragma once

#include <ringlet/net/detail/socket_operations.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace ringlet::detail {

/// One direction of a stream's socket: the operation that is pending in it, and its progress.
/// At most one operation is pending, since two receives would share the bytes by chance, and of two
/// sends the kernel reorders the pieces.
///
/// One thread: the loop's.
class direction : public pending_on<pending_operations, socket_sentences> {
public:
    using time_point = std::chrono::steady_clock::time_point;

    direction() noexcept = default;

    /// Moving is for sockets that move, with nothing pending. The watchers stay where they are.
    direction(direction&& other) noexcept
        : pending_on(std::move(other)), ended_(other.ended_), progressed_at_(other.progressed_at_),
          total_(other.total_) {}
    direction& operator=(direction&& other) noexcept {
        pending_on::operator=(std::move(other));
        ended_ = other.ended_;
        progressed_at_ = other.progressed_at_;
        total_ = other.total_;
        return *this;
    }
    ~direction() = default;

    /// Throws std::logic_error, naming `caller`, if an operation is pending.
    void require_idle(const char* caller) const {
        if (!empty()) [[unlikely]]
            throw std::logic_error(std::string(caller) +
                                   ": another one is pending on this socket; await it first");
    }

    /// For operations, once the direction is idle: makes `started` the pending one, until `end`. For
    /// an operation that never began, `end` does nothing.
    void begin(operation& started) noexcept { head_ = &started; }
    void end(operation& ended) noexcept {
        if (head_ == &ended) [[likely]]
            head_ = nullptr;
        else if (newest() == &ended)
            set_newest(nullptr);
    }

    /// Cancels the pending operation, if there is one.
    void cancel() {
        if (!empty())
            newest()->cancel();
    }

    /// Ends the pending operation, if there is one, with timed_out.
    void time_out() {
        if (!empty())
            newest()->time_out();
    }

    /// Notes that so many bytes have gone through, in the turn of the loop that began at `now`.
    void progress(std::size_t bytes, time_point now) noexcept {
        progressed_at_ = now;
        if (total_ != nullptr)
            total_->fetch_add(bytes, std::memory_order_relaxed);
    }

    /// The same for a receive that has ended with `result`: a count, 0 for the end, or `-errno`.
    void received(int result, time_point now) noexcept {
        if (result > 0) [[likely]]
            progress(static_cast<std::size_t>(result), now);
        else if (result == 0)
            set_ended();
    }

    /// When bytes last went through; time_point::min() before the first.
    [[nodiscard]] time_point progressed_at() const noexcept { return progressed_at_; }

    /// While somebody watches the progress, a send of much has to come back with each piece that
    /// has gone, instead of leaving the rest to the kernel.
    void watch() noexcept { ++watchers_; }
    void unwatch() noexcept { --watchers_; }
    [[nodiscard]] bool watched() const noexcept { return watchers_ > 0; }

    /// Nothing more will come this way: the peer has said so.
    void set_ended() noexcept { ended_ = true; }
    [[nodiscard]] bool ended() const noexcept { return ended_; }

    /// Has the bytes that go through added to `total`, or for nullptr to nothing. Others may add to
    /// it and read it, in any thread. Lifetime: it must outlive this object.
    void count_into(std::atomic<std::uint64_t>* total) noexcept { total_ = total; }

private:
    bool ended_ = false;
    unsigned watchers_ = 0;
    time_point progressed_at_ = time_point::min();
    std::atomic<std::uint64_t>* total_ = nullptr;
};

}  // namespace ringlet::detail
