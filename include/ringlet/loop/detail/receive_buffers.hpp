#pragma once

#include <ringlet/base/detail/check.hpp>
#include <ringlet/base/detail/intrusive_list.hpp>

#include <chrono>
#include <cstddef>

namespace ringlet::detail {

/// The buffers that a loop lends to who receives without one: see recv_lent_operation. They
/// come from the loop's frame_pool, the last that came back first, whose memory is warm.
///
/// To receive into a buffer that is in hand is faster than to wait for something to receive, and
/// then to take a buffer; so as many as are worth their memory may do so, and who has waited long
/// makes room for who comes. The number of buffers is bounded, and who finds none waits for one.
///
/// One thread: the loop's.
class receive_buffers {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// How long a receive may wait with a buffer in hand when another wants to.
    static constexpr std::chrono::milliseconds hold_time{100};

    /// A receive, which is in one list at a time: of those that wait with a buffer in hand, or of
    /// those that something has come for, but no buffer was left.
    class receiver : public list_hook {
    protected:
        ~receiver() = default;

    private:
        friend receive_buffers;

        /// Since when it waits.
        [[nodiscard]] virtual time_point waiting_since() const noexcept = 0;

        /// It is to go on waiting without its buffer.
        virtual void yield_buffer() = 0;

        /// Here is a buffer; it is the receiver's from now on.
        virtual void lend(std::byte* buffer) = 0;
    };

    /// At most `count_max` buffers of `size` bytes, of which at most `held_max` wait in the hands
    /// of receivers.
    receive_buffers(std::size_t size, std::size_t count_max, std::size_t held_max) noexcept
        : size_(size), count_max_(count_max), held_max_(held_max) {}
    receive_buffers(const receive_buffers&) = delete;
    receive_buffers& operator=(const receive_buffers&) = delete;
    ~receive_buffers() {
        check(lent_ == 0, "a loop was destroyed before the bytes that were received in it; "
                          "destroy each received_bytes first");
    }

    /// A buffer, or nullptr where all are lent. Throws std::bad_alloc.
    [[nodiscard]] std::byte* take();

    /// A buffer to wait with from `now` on, until `end_hold`, or nullptr where that is better done
    /// without. Throws std::bad_alloc.
    [[nodiscard]] std::byte* take_to_hold(receiver& holder, time_point now);
    void end_hold(receiver& holder) noexcept;

    /// Takes a buffer back. Who waits for one gets it, and goes on; where it cannot, since the ring
    /// is broken, this throws as the ring does.
    void give_back(std::byte* buffer);

    /// Queues who has found none, until it is lent one or unlinks itself. Of those that wait with
    /// one in hand, the one that has done so longest is asked for it.
    void wait(receiver& next);

    /// The bytes of one.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// How many are lent now, and how many of these wait in the hands of receivers.
    [[nodiscard]] std::size_t lent() const noexcept { return lent_; }
    [[nodiscard]] std::size_t held() const noexcept { return held_; }

private:
    void take_from_longest_holder();

    std::size_t size_;
    std::size_t count_max_;
    std::size_t held_max_;
    std::size_t lent_ = 0;
    std::size_t held_ = 0;
    intrusive_list<receiver> holding_;  // who has waited longest first
    intrusive_list<receiver> waiting_;
};

}  // namespace ringlet::detail
