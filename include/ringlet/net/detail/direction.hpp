#pragma once

#include <ringlet/loop/detail/pending_operations.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace ringlet::detail {

class layer_side;

inline constexpr pending_sentences stream_sentences{
    .moved = "a stream was moved while an operation on it was pending; await the operation first",
    .destroyed = "a stream was destroyed while an operation on it was pending; await close() "
                 "first, or cancel the operation and await it; what the tasks of a group use is "
                 "declared outside of the group's body",
};

/// One direction of a stream: the operation that is pending in it, and its progress. At most one
/// operation is pending, since two receives would share the bytes by chance, and of two sends the
/// kernel reorders the pieces.
///
/// One thread: the loop's.
class direction : public pending_on<pending_operations, stream_sentences> {
public:
    using time_point = std::chrono::steady_clock::time_point;

    direction() noexcept = default;

    /// Moves with a stream that moves, on which no operation is pending. The watchers stay where
    /// they are.
    direction(direction&& other) noexcept
        : pending_on(static_cast<pending_on&&>(other)), ended_(other.ended_),
          of_client_(other.of_client_), progressed_at_(other.progressed_at_), total_(other.total_),
          layer_(std::exchange(other.layer_, nullptr)) {}
    direction& operator=(direction&& other) noexcept {
        pending_on::operator=(static_cast<pending_on&&>(other));
        ended_ = other.ended_;
        progressed_at_ = other.progressed_at_;
        total_ = other.total_;
        of_client_ = other.of_client_;
        layer_ = std::exchange(other.layer_, nullptr);
        return *this;
    }
    ~direction() = default;

    /// Throws std::logic_error, naming `caller`, if an operation is pending.
    void require_idle(const char* caller) const {
        if (!empty()) [[unlikely]]
            throw std::logic_error(std::string(caller) +
                                   ": another one is pending on this stream; await it first");
    }

    /// Whether no operation is pending, on a stream that stands on a socket: one test for both.
    [[nodiscard]] bool is_idle_on_socket() const noexcept {
        return (reinterpret_cast<std::uintptr_t>(head_) |
                reinterpret_cast<std::uintptr_t>(layer_)) == 0;
    }

    /// Makes `started` the pending operation, until `end`; called once the direction is idle.
    void begin(operation& started) noexcept { head_ = &started; }

    /// Notes that an operation has ended. It does nothing for an operation that never began.
    void end(operation& ended) noexcept {
        if (head_ == &ended) [[likely]]
            head_ = nullptr;
        else if (newest() == &ended)
            set_newest(nullptr);
    }

    /// Whether `ended` is the pending operation, and nobody awaits its end: then it is so no more.
    [[nodiscard]] bool end_unobserved(const operation& ended) noexcept {
        if (head_ != &ended) [[unlikely]]
            return false;
        head_ = nullptr;
        return true;
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

    /// Notes that a receive has ended with `result`, a count, 0 for the end or `-errno`, in the
    /// turn of the loop that began at `now`.
    void received(int result, time_point now) noexcept {
        if (result > 0) [[likely]]
            progress(static_cast<std::size_t>(result), now);
        else if (result == 0)
            set_ended();
    }

    /// The time at which bytes last went through; time_point::min() before the first.
    [[nodiscard]] time_point progressed_at() const noexcept { return progressed_at_; }

    /// Adds a watcher of the progress. While there is one, a large send comes back with each piece
    /// that has gone, instead of leaving the rest to the kernel.
    void watch() noexcept { ++watchers_; }

    /// Removes a watcher of the progress.
    void unwatch() noexcept { --watchers_; }

    /// Whether there is a watcher of the progress.
    [[nodiscard]] bool watched() const noexcept { return watchers_ > 0; }

    /// Notes the end of the stream: no more bytes come this way.
    void set_ended() noexcept { ended_ = true; }

    /// Whether the end of the stream has come this way.
    [[nodiscard]] bool ended() const noexcept { return ended_; }

    /// Adds the bytes that go through from now on to `total`, which several streams may share and
    /// any thread may read; nullptr stands for no total. Lifetime: the total outlives this object.
    void count_into(std::atomic<std::uint64_t>* total) noexcept { total_ = total; }

    /// Notes that the stream is that of a server's client; see client_failure.
    void set_of_client() noexcept { of_client_ = true; }

    /// Whether the stream is that of a server's client.
    [[nodiscard]] bool of_client() const noexcept { return of_client_; }

    /// Puts the direction on a layer's side, or on the stream's own socket: nullptr. Lifetime: the
    /// side outlives this object or the next call.
    void stand_on(layer_side* side) noexcept { layer_ = side; }

    /// This side of the layer that the stream stands on; nullptr for a stream on a socket.
    [[nodiscard]] layer_side* layer() const noexcept { return layer_; }

private:
    bool ended_ = false;
    bool of_client_ = false;
    unsigned watchers_ = 0;
    time_point progressed_at_ = time_point::min();
    std::atomic<std::uint64_t>* total_ = nullptr;
    layer_side* layer_ = nullptr;
};

}  // namespace ringlet::detail
