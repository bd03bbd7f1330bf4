#pragma once

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/detail/queued_operation.hpp>
#include <ringlet/coro/event.hpp>

#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace ringlet {

/// What a broadcast does when it is full of items that slow subscriptions have yet to receive.
enum class slow_receivers {
    wait,         ///< The sender waits for the slowest subscription: no item is missed.
    drop_oldest,  ///< Slow subscriptions miss the oldest items, and are told how many.
    disconnect,   ///< Slow subscriptions get an error and no more items; the others do not notice.
};

/// A channel whose every subscription receives every item that is sent after the subscription was
/// made. The broadcast holds each item once, at most `capacity` of them, until every subscription
/// has received it. The time that sending takes does not depend on the number of subscriptions,
/// except that each receiver that waits is woken. Each receiver gets a copy: let large items be a
/// std::shared_ptr<const ...>.
///
///     ringlet::broadcast<std::string> news(100, ringlet::slow_receivers::drop_oldest);
///     auto subscription = news.subscribe();
///     while (const auto item = co_await subscription.receive())      // until news.close()
///         co_await client.send_all(*item);
///
/// GCC 12 destroys an aggregate that is a temporary of a co_await expression twice: an item such as
/// `headline{"text", 1}` needs a name, or `headline` a constructor.
///
/// One thread: the loop's. Lifetime: the broadcast outlives its subscriptions, and the coroutines
/// that wait to send.
template <std::copyable T>
class broadcast {
    static_assert(std::is_nothrow_move_constructible_v<T>,
                  "an item whose move may throw could be lost on its way; use a std::shared_ptr");

public:
    /// Makes a broadcast that holds at most `capacity` items, and allocates their memory at once.
    /// Throws std::invalid_argument for a capacity of 0, and what std::vector throws for one that
    /// no memory can hold.
    broadcast(std::size_t capacity, slow_receivers policy) : policy_(policy), slots_(capacity) {
        if (capacity == 0)
            throw std::invalid_argument("broadcast: the capacity must be 1 or more");
    }
    broadcast(const broadcast&) = delete;
    broadcast& operator=(const broadcast&) = delete;
    ~broadcast() {
        detail::check(subscriptions_ == 0,
                      "a broadcast was destroyed before a subscription to it; let the "
                      "subscriptions go first");
    }

    class receive_operation;

    /// A receiver of the broadcast, from the making of this object to its end, or until it is
    /// disconnected for being slow.
    ///
    /// One thread: the loop's. Lifetime: the subscription ends before its broadcast, and outlives a
    /// coroutine that receives from it.
    class subscription : detail::list_hook {
    public:
        explicit subscription(broadcast& to) noexcept : broadcast_(to), next_(to.end_) {
            to.caught_up_.push_back(*this);
            ++to.subscriptions_;
        }
        ~subscription() {
            detail::check(receiving_ == nullptr,
                          "a subscription was destroyed while a coroutine received "
                          "from it; cancel the coroutine and await it first");
            if (!linked())  // it was disconnected
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
        /// it at once that way.
        [[nodiscard]] event::wait_operation until_disconnected() { return disconnected_.wait(); }

    private:
        friend broadcast;
        friend receive_operation;
        friend detail::intrusive_list<subscription>;

        [[nodiscard]] bool has_next() const noexcept { return next_ != broadcast_.end_; }

        void leave() noexcept {
            unlink();
            --broadcast_.subscriptions_;
        }

        void disconnect() noexcept {
            leave();
            disconnected_.set();
        }

        broadcast& broadcast_;
        std::uint64_t next_;
        std::uint64_t missed_ = 0;
        event disconnected_;
        receive_operation* receiving_ = nullptr;
    };

    /// Receives a copy of the next item into the frame of the awaiting coroutine.
    class receive_operation final : public detail::queued_operation {
    public:
        receive_operation(subscription& from, error_sink error)
            : detail::queued_operation("broadcast::receive", from.broadcast_.receivers_, error),
              from_(from) {}

        std::optional<T> await_resume() {
            if (from_.receiving_ == this)
                from_.receiving_ = nullptr;
            std::optional<T> item;
            if (result_ == 0)
                result_ = from_.broadcast_.copy_next(from_, item);
            finish();
            return item;
        }

    private:
        bool attempt() override {
            if (from_.receiving_ != nullptr && from_.receiving_ != this)
                throw std::logic_error("broadcast::receive: another one is pending on this "
                                       "subscription; await it first");
            from_.receiving_ = this;
            return from_.has_next() || from_.broadcast_.closed_ || from_.disconnected_.is_set();
        }

        subscription& from_;
    };

    /// Sends an item that the caller owns, and moves from it only when the broadcast takes it.
    class send_operation : public detail::queued_operation {
    public:
        send_operation(broadcast& to, T& item, error_sink error)
            : detail::queued_operation("broadcast::send", to.senders_, error), broadcast_(to),
              item_(item) {}

        void await_resume() const { finish(); }

    private:
        friend broadcast;

        bool attempt() override {
            if (broadcast_.closed_)
                result_ = -EPIPE;
            return broadcast_.closed_ || broadcast_.put(item_);
        }

        broadcast& broadcast_;
        T& item_;
    };

    /// Sends an item of its own, a copy of the caller's.
    class copy_send_operation final : public send_operation {
    public:
        copy_send_operation(broadcast& to, const T& item, error_sink error)
            : send_operation(to, copy_, error), copy_(item) {}

    private:
        T copy_;
    };

    /// Makes a subscription, which receives every item that is sent from now on.
    [[nodiscard]] subscription subscribe() noexcept { return subscription(*this); }

    /// How many subscriptions there are, without those that were disconnected.
    [[nodiscard]] std::size_t subscriptions() const noexcept { return subscriptions_; }

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

    /// Sends `item` to every subscription there is, without waiting. False if the broadcast is
    /// closed, or is full and its policy is slow_receivers::wait; then `item` is as it was.
    [[nodiscard]] bool try_send(T&& item) noexcept { return !closed_ && put(item); }

    /// Sends a copy of `item` to every subscription there is, without waiting. False if the
    /// broadcast is closed, or is full and its policy is slow_receivers::wait; the copy is made all
    /// the same. Throws what copying throws.
    [[nodiscard]] bool try_send(const T& item) { return try_send(T(item)); }

    /// Closes the broadcast: it takes no more items, and senders that wait fail with broken_pipe.
    /// Items that were sent before can still be received.
    void close() noexcept {
        closed_ = true;
        while (!senders_.empty())
            senders_.front().grant(-EPIPE);
        while (!receivers_.empty())
            receivers_.front().grant();
    }

    /// Whether `close` has been called.
    [[nodiscard]] bool closed() const noexcept { return closed_; }

    /// How many items are held because a subscription has yet to receive them.
    [[nodiscard]] std::size_t size() const noexcept {
        return static_cast<std::size_t>(end_ - first_);
    }

    /// How many items the broadcast can hold.
    [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }

private:
    /// An item, and the subscriptions that receive it next. A subscription that receives it later
    /// is in the list of an earlier item; so the first item is done with when its list is empty.
    struct slot {
        std::optional<T> item;
        detail::intrusive_list<subscription> receivers;
    };

    slot& slot_of(std::uint64_t number) noexcept { return slots_[number % slots_.size()]; }

    detail::intrusive_list<subscription>& list_of(std::uint64_t number) noexcept {
        return number == end_ ? caught_up_ : slot_of(number).receivers;
    }

    /// Holds `item` for every subscription. False if there is no room and the sender has to wait.
    bool put(T& item) noexcept {
        if (size() == capacity()) {
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
        detail::intrusive_list<subscription>& slow = slot_of(first_).receivers;
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
        if (to.disconnected_.is_set())
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
        while (!senders_.empty() && size() < capacity()) {
            auto& sender = static_cast<send_operation&>(senders_.front());
            put(sender.item_);
            sender.grant();
        }
    }

    slow_receivers policy_;
    bool closed_ = false;
    std::uint64_t first_ = 0;  // the number of the first item held; items are numbered as sent
    std::uint64_t end_ = 0;    // the number of the next item to be sent
    std::size_t subscriptions_ = 0;
    std::vector<slot> slots_;
    detail::intrusive_list<subscription>
        caught_up_;  // the subscriptions that have received everything
    detail::queued_operation::queue senders_;
    detail::queued_operation::queue receivers_;
};

}  // namespace ringlet
