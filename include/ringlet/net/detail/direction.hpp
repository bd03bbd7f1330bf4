#pragma once

#include <ringlet/loop/detail/operation.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace ringlet::detail {

/// One direction of a socket, and the operation in flight in it: at most one, since two receives
/// would share the bytes by chance, and of two sends the kernel reorders the pieces.
///
/// One thread: the loop's.
class direction {
public:
    using time_point = std::chrono::steady_clock::time_point;

    direction() noexcept = default;

    /// Moving is for sockets that move, with nothing pending.
    direction(direction&& other) noexcept
        : progressed_at_(other.progressed_at_), ended_(other.ended_), total_(other.total_) {
        other.check_idle_to_move();
    }
    direction& operator=(direction&& other) noexcept {
        check_idle_to_move();
        other.check_idle_to_move();
        progressed_at_ = other.progressed_at_;
        ended_ = other.ended_;
        total_ = other.total_;
        return *this;
    }
    ~direction() {
        check(!busy(), "a socket was destroyed while an operation on it was pending; "
                       "await close() first, or cancel the operation and await it");
    }

    [[nodiscard]] bool busy() const noexcept { return pending_ != nullptr; }

    /// Throws std::logic_error, naming `caller`, if an operation is pending.
    void require_idle(const char* caller) const {
        if (busy()) [[unlikely]]
            throw std::logic_error(std::string(caller) +
                                   ": another one is pending on this socket; await it first");
    }

    /// From suspending to resuming, an operation is the pending one.
    void begin(operation& started) noexcept { pending_ = &started; }
    void end(const operation& ended) noexcept {
        if (pending_ == &ended)
            pending_ = nullptr;
    }

    /// The pending operation, or nullptr.
    [[nodiscard]] operation* pending() const noexcept { return pending_; }

    /// Cancels the pending operation, if there is one.
    void cancel() {
        if (busy())
            pending_->cancel();
    }

    /// The same with timed_out.
    void time_out() {
        if (busy())
            pending_->time_out();
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
    void check_idle_to_move() const noexcept {
        check(!busy(), "a socket was moved while an operation on it was pending; await the "
                       "operation first");
    }

    operation* pending_ = nullptr;
    time_point progressed_at_ = time_point::min();
    unsigned watchers_ = 0;
    bool ended_ = false;
    std::atomic<std::uint64_t>* total_ = nullptr;
};

}  // namespace ringlet::detail
