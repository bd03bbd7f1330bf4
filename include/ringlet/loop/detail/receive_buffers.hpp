#pragma once

#include <ringlet/base/detail/check.hpp>
#include <ringlet/base/detail/intrusive_list.hpp>

#include <chrono>
#include <cstddef>

namespace ringlet::detail {

/// The buffers that a loop lends to receives which bring none of their own: see
/// recv_lent_operation. They come from the loop's frame_pool, which gives the buffer that came back
/// last first, since its memory is warm.
///
/// A receive that waits with a buffer in hand is faster than one that takes a buffer once bytes
/// have come. So a bounded number of receives may hold a buffer while they wait: a new one gets the
/// buffer of the receive that has waited longest, if that is `hold_time` or more, and waits without
/// one otherwise. The number of buffers lent is bounded too: a receive for which bytes have come,
/// but no buffer is left, waits for one, and the receive that has held one longest is asked for it.
///
/// One thread: the loop's.
class receive_buffers {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// How long a receive may hold a buffer when another wants to hold it.
    static constexpr std::chrono::milliseconds hold_time{100};

    /// A receive. It is in one list at a time: of those that wait with a buffer in hand, or of
    /// those for which bytes have come, but no buffer was left.
    class receiver : public list_hook {
    protected:
        ~receiver() = default;

    private:
        friend receive_buffers;

        /// When the receive began to wait.
        [[nodiscard]] virtual time_point waiting_since() const noexcept = 0;

        /// Has the receive go on waiting without its buffer.
        virtual void yield_buffer() = 0;

        /// Gives the receive `buffer`, which it has to give back.
        virtual void lend(std::byte* buffer) = 0;
    };

    /// Lends at most `count_max` buffers of `size` bytes, of which receives that wait hold at most
    /// `held_max`.
    receive_buffers(std::size_t size, std::size_t count_max, std::size_t held_max) noexcept
        : size_(size), count_max_(count_max), held_max_(held_max) {}
    receive_buffers(const receive_buffers&) = delete;
    receive_buffers& operator=(const receive_buffers&) = delete;
    ~receive_buffers() {
        check(lent_ == 0, "a loop was destroyed before the bytes that were received in it; "
                          "destroy each received_bytes first");
    }

    /// Lends a buffer; gives nullptr if all are lent. Throws std::bad_alloc.
    [[nodiscard]] std::byte* take();

    /// Lends a buffer with which `holder` waits from `now` on, until `end_hold`; gives nullptr if
    /// the receive has to wait without a buffer. Throws std::bad_alloc.
    [[nodiscard]] std::byte* take_to_hold(receiver& holder, time_point now);

    /// Ends the wait of `holder`, which keeps its buffer.
    void end_hold(receiver& holder) noexcept;

    /// Takes a buffer back. A receive that waits for a buffer gets it, and goes on; throws what the
    /// ring throws if that fails, since the ring is broken.
    void give_back(std::byte* buffer);

    /// Queues a receive that has found no buffer, until it is lent one or unlinks itself. The
    /// receive that has held a buffer longest is asked for it.
    void wait(receiver& next);

    /// The bytes of each buffer.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// How many buffers are lent.
    [[nodiscard]] std::size_t lent() const noexcept { return lent_; }

    /// How many of the buffers lent are held by receives that wait.
    [[nodiscard]] std::size_t held() const noexcept { return held_; }

private:
    void take_from_longest_holder();

    std::size_t size_;
    std::size_t count_max_;
    std::size_t held_max_;
    std::size_t lent_ = 0;
    std::size_t held_ = 0;
    intrusive_list<receiver> holding_;  // the longest first
    intrusive_list<receiver> waiting_;
};

}  // namespace ringlet::detail
