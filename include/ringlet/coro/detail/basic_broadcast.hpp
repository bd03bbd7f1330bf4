#pragma once

#include <ringlet/base/detail/check.hpp>
#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/detail/item_send_operation.hpp>
#include <ringlet/coro/slow_receivers.hpp>

#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace ringlet::detail {

/// The class behind broadcast and concurrent_broadcast. `Sharing` says which coroutines and threads
/// may share one broadcast: it has the operation that waits in line, the mutex that guards the
/// broadcast, and the names of the calls for error messages.
template <std::copyable T, class Sharing>
class basic_broadcast {
    using waiting = typename Sharing::operation;

    static_assert(std::is_nothrow_move_constructible_v<T>,
                  "an item whose move may throw could be lost on its way; use a std::shared_ptr");

public:
    /// Makes a broadcast that holds at most `capacity` items, and allocates their memory at once.
    /// Throws std::invalid_argument for a capacity of 0, and what std::vector throws for one that
    /// no memory can hold.
    basic_broadcast(std::size_t capacity, slow_receivers policy)
        : policy_(policy), slots_(capacity) {
        if (capacity == 0)
            throw std::invalid_argument("broadcast: the capacity must be 1 or more");
    }
    basic_broadcast(const basic_broadcast&) = delete;
    basic_broadcast& operator=(const basic_broadcast&) = delete;
    ~basic_broadcast() {
        check(subscriptions_ == 0, "a broadcast was destroyed before a subscription to it; let the "
                                   "subscriptions go first");
    }

    class receive_operation;
    class disconnection_operation;

    /// A receiver of the broadcast, from the making of this object to its end, or until it is
    /// disconnected for being slow.
    ///
    /// One thread: that of the loop whose coroutines receive. Lifetime: the subscription ends
    /// before its broadcast, and outlives a coroutine that awaits it.
    class subscription : list_hook {
    public:
        explicit subscription(basic_broadcast& to) noexcept : broadcast_(to) {
            const std::lock_guard locked(to.mutex_);
            next_ = to.end_;
            to.caught_up_.push_back(*this);
            ++to.subscriptions_;
        }
        ~subscription() {
            check(receiving_ == nullptr, "a subscription was destroyed while a coroutine received "
                                         "from it; cancel the coroutine and await it first");
            const std::lock_guard locked(broadcast_.mutex_);
            if (!this->linked())  // it was disconnected
                return;
            leave();
            broadcast_.make_room();
        }

        /// Receives the next item, and waits until there is one; gives nothing once the broadcast
        /// is closed and every item sent before has been received. Awaiting throws
        /// std::system_error if the subscription has been disconnected (no_buffer_space, as
        /// netlink(7) has it) or the receiver is cancelled, or stores that in `error`. It throws
        /// std::logic_error if another coroutine waits for the next item of this subscription.
        [[nodiscard]] receive_operation receive(error_sink error = throws) {
            return {*this, error};
        }

        /// How many items were dropped between the item received last and the one before it.
        [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }

        /// Waits until the subscription is disconnected. A coroutine that may be busy with
        /// something else than receiving, such as sending to a client that takes nothing, learns of
        /// it at once that way. Awaiting throws std::system_error if the wait is cancelled.
        [[nodiscard]] disconnection_operation until_disconnected() { return {*this, throws}; }

    private:
        friend basic_broadcast;
        friend receive_operation;
        friend disconnection_operation;
        friend intrusive_list<subscription>;

        [[nodiscard]] bool has_next() const noexcept { return next_ != broadcast_.end_; }

        void leave() noexcept {
            this->unlink();
            --broadcast_.subscriptions_;
        }

        void disconnect() noexcept {
            leave();
            disconnected_ = true;
            while (!watchers_.empty())
                watchers_.front().grant();
        }

        basic_broadcast& broadcast_;
        std::uint64_t next_;
        std::uint64_t missed_ = 0;
        bool disconnected_ = false;
        typename waiting::queue watchers_;
        receive_operation* receiving_ = nullptr;
    };

    /// Receives a copy of the next item into the frame of the awaiting coroutine.
    class receive_operation final : public waiting {
    public:
        receive_operation(subscription& from, error_sink error)
            : waiting(Sharing::receive, from.broadcast_.receivers_, from.broadcast_.mutex_, error),
              from_(from) {}

        std::optional<T> await_resume() {
            if (from_.receiving_ == this)
                from_.receiving_ = nullptr;
            std::optional<T> item;
            if (this->result_ == 0) {
                const std::lock_guard locked(from_.broadcast_.mutex_);
                this->result_ = from_.broadcast_.copy_next(from_, item);
            }
            this->finish();
            return item;
        }

    private:
        bool attempt() override {
            if (from_.receiving_ != nullptr && from_.receiving_ != this)
                throw std::logic_error("broadcast::receive: another one is pending on this "
                                       "subscription; await it first");
            from_.receiving_ = this;
            return from_.has_next() || from_.broadcast_.closed_ || from_.disconnected_;
        }

        subscription& from_;
    };

    /// Waits until a subscription is disconnected.
    class disconnection_operation final : public waiting {
    public:
        disconnection_operation(subscription& watched, error_sink error)
            : waiting(Sharing::until_disconnected, watched.watchers_, watched.broadcast_.mutex_,
                      error),
              watched_(watched) {}

        void await_resume() const { this->finish(); }

    private:
        bool attempt() noexcept override { return watched_.disconnected_; }

        subscription& watched_;
    };

    using send_operation = item_send_operation<basic_broadcast, T, Sharing>;
    using copy_send_operation = item_copy_send_operation<basic_broadcast, T, Sharing>;

    /// Makes a subscription, which receives every item that is sent from now on.
    [[nodiscard]] subscription subscribe() noexcept { return subscription(*this); }

    /// How many subscriptions there are, without those that were disconnected.
    [[nodiscard]] std::size_t subscriptions() const noexcept {
        const std::lock_guard locked(mutex_);
        return subscriptions_;
    }

    /// Sends `item` to every subscription there is. With slow_receivers::wait the sender waits
    /// while the broadcast is full; with the other policies it only lets other coroutines go on
    /// from time to time. `item` is moved from only once it has been sent: where awaiting throws
    /// std::system_error, because the broadcast is closed (broken_pipe) or the sender is cancelled,
    /// or stores that in `error`, `item` is as it was. Throws std::logic_error outside a loop.
    [[nodiscard]] send_operation send(T&& item, error_sink error = throws) {
        return {*this, item, error};
    }

    /// Sends a copy of `item`, made by this call, to every subscription there is; `item` itself
    /// stays as it was whatever happens. With slow_receivers::wait the sender waits while the
    /// broadcast is full. Awaiting throws std::system_error if the broadcast is closed
    /// (broken_pipe) or the sender is cancelled, or stores that in `error`. Throws std::logic_error
    /// outside a loop, and what copying throws.
    [[nodiscard]] copy_send_operation send(const T& item, error_sink error = throws) {
        return {*this, item, error};
    }

    /// Sends `item` to every subscription there is, without waiting, in a loop or outside of one.
    /// False if the broadcast is closed, or is full and its policy is slow_receivers::wait; then
    /// `item` is as it was.
    [[nodiscard]] bool try_send(T&& item) noexcept {
        const std::lock_guard locked(mutex_);
        return !closed_ && put(item);
    }

    /// Sends a copy of `item` to every subscription there is, without waiting, in a loop or outside
    /// of one. False if the broadcast is closed, or is full and its policy is slow_receivers::wait;
    /// the copy is made all the same. Throws what copying throws.
    [[nodiscard]] bool try_send(const T& item) { return try_send(T(item)); }

    /// Closes the broadcast: it takes no more items, and senders that wait fail with broken_pipe.
    /// Items that were sent before can still be received.
    void close() noexcept {
        const std::lock_guard locked(mutex_);
        closed_ = true;
        while (!senders_.empty())
            senders_.front().grant(-EPIPE);
        while (!receivers_.empty())
            receivers_.front().grant();
    }

    /// Whether `close` has been called.
    [[nodiscard]] bool closed() const noexcept {
        const std::lock_guard locked(mutex_);
        return closed_;
    }

    /// How many items are held because a subscription has yet to receive them.
    [[nodiscard]] std::size_t size() const noexcept {
        const std::lock_guard locked(mutex_);
        return count();
    }

    /// How many items the broadcast can hold.
    [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }

private:
    friend send_operation;

    /// An item, and the subscriptions that receive it next. A subscription that receives it later
    /// is in the list of an earlier item; so the first item is done with when its list is empty.
    struct slot {
        std::optional<T> item;
        intrusive_list<subscription> receivers;
    };

    [[nodiscard]] std::size_t count() const noexcept {
        return static_cast<std::size_t>(end_ - first_);
    }

    slot& slot_of(std::uint64_t number) noexcept { return slots_[number % slots_.size()]; }

    intrusive_list<subscription>& list_of(std::uint64_t number) noexcept {
        return number == end_ ? caught_up_ : slot_of(number).receivers;
    }

    /// Holds `item` for every subscription. False if there is no room and the sender has to wait.
    bool put(T& item) noexcept {
        if (count() == capacity()) {
            if (policy_ == slow_receivers::wait)
                return false;
            overrun();
        }
        slot& last = slot_of(end_++);
        last.item.emplace(std::move(item));
        last.receivers.splice_back(caught_up_);
        drop_received();
        while (!receivers_.empty())
            receivers_.front().grant();
        return true;
    }

    /// Drops the first item though some subscriptions have yet to receive it.
    void overrun() noexcept {
        intrusive_list<subscription>& slow = slot_of(first_).receivers;
        if (policy_ == slow_receivers::drop_oldest)
            list_of(first_ + 1).splice_back(slow);
        else
            slow.for_each([](subscription& disconnected) { disconnected.disconnect(); });
        drop_received();
    }

    /// Destroys the items that every subscription has received.
    void drop_received() noexcept {
        for (; first_ != end_ && slot_of(first_).receivers.empty(); ++first_)
            slot_of(first_).item.reset();
    }

    /// Copies the next item of `to` into `item`: 0, or `-errno`.
    int copy_next(subscription& to, std::optional<T>& item) {
        if (to.disconnected_)
            return -ENOBUFS;
        if (!to.has_next())  // the broadcast is closed
            return 0;
        const std::uint64_t number = to.next_ < first_ ? first_ : to.next_;
        item.emplace(*slot_of(number).item);  // may throw; the item can then be received again
        to.missed_ = number - to.next_;
        to.next_ = number + 1;
        to.unlink();
        list_of(to.next_).push_back(to);
        make_room();
        return 0;
    }

    /// Destroys the items that every subscription has received, and sends what senders wait with.
    void make_room() noexcept {
        drop_received();
        while (!senders_.empty() && count() < capacity()) {
            auto& sender = static_cast<send_operation&>(senders_.front());
            put(sender.item_);
            sender.grant();
        }
    }

    [[no_unique_address]] mutable typename Sharing::mutex mutex_;
    const slow_receivers policy_;
    bool closed_ = false;
    std::uint64_t first_ = 0;  // the number of the first item held; items are numbered as sent
    std::uint64_t end_ = 0;    // the number of the next item to be sent
    std::size_t subscriptions_ = 0;
    std::vector<slot> slots_;
    intrusive_list<subscription> caught_up_;  // the subscriptions that have received everything
    typename waiting::queue senders_;
    typename waiting::queue receivers_;
};

}  // namespace ringlet::detail
