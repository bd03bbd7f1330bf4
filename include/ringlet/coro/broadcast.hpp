#pragma once

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/coro/detail/queued_operation.hpp>
#include <ringlet/coro/event.hpp>

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace ringlet {

/// What becomes of those who receive more slowly than others send, once as many items as a
/// broadcast holds wait for them.
enum class slow_receivers {
    wait,         ///< the sender waits for the slowest: nobody misses anything
    drop_oldest,  ///< they miss the oldest items, and are told how many
    disconnect,   ///< they receive no more, but an error; the others do not notice
};

/// A channel whose every subscription receives every item that is sent after it was made. The
/// items are held once for all, at most `capacity` of them, until everyone has received them;
/// sending takes the same time however many subscriptions there are, but for waking those who wait.
/// Each receiver gets a copy: let large items be a std::shared_ptr<const ...>.
///
///     ringlet::broadcast<std::string> news(100, ringlet::slow_receivers::drop_oldest);
///     auto subscription = news.subscribe();
///     while (const auto item = co_await subscription.receive())      // until news.close()
///         co_await client.send_all(*item);
///
/// One thread: the loop's. Lifetime: outlives its subscriptions, and those who wait to send.
template <std::copyable T>
class broadcast {
    static_assert(std::is_nothrow_move_constructible_v<T>,
                  "an item whose move may throw could be lost on its way; use a std::shared_ptr");

public:
    /// The memory for `capacity` items is taken at once. Throws std::invalid_argument for a
    /// capacity of 0, and what std::vector throws for one that no memory can hold.
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

    /// One of those who receive. It takes part from its making to its end, or until it is
    /// disconnected for being slow.
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

        /// Receives the next item, waiting for one; nothing once the broadcast is closed and what
        /// was sent before has been received. One at a time. Awaiting throws std::system_error if
        /// the subscription has been disconnected (no_buffer_space, as netlink(7) has it) or the
        /// receiver is cancelled, or stores that in `error`, and std::logic_error if another
        /// coroutine waits for the next item of this subscription.
        [[nodiscard]] receive_operation receive() { return {*this, nullptr}; }
        [[nodiscard]] receive_operation receive(std::error_code& error) { return {*this, &error}; }

        /// How many items were dropped between the one received last and the one before it.
        [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }

        /// Waits until the subscription is disconnected: for whoever may be kept from receiving by
        /// something else, such as a client that takes nothing, and is to be told at once.
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

    class receive_operation final : public detail::queued_operation {
    public:
        receive_operation(subscription& from, std::error_code* error)
            : detail::queued_operation("broadcast::receive", from.broadcast_.receivers_, error),
              from_(from) {}

        std::optional<T> await_resume() {
            if (from_.receiving_ == this)
                from_.receiving_ = nullptr;
            std::optional<T> item;
            if (result_ == 0)
                result_ = from_.broadcast_.take(from_, item);
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

    class send_operation final : public detail::queued_operation {
    public:
        send_operation(broadcast& to, T& item, std::error_code* error)
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

    [[nodiscard]] subscription subscribe() noexcept { return subscription(*this); }
    [[nodiscard]] std::size_t subscriptions() const noexcept { return subscriptions_; }

    /// Sends `item` to every subscription there is. With slow_receivers::wait this waits while
    /// `capacity` items have not been received by everyone; otherwise it only lets others go on
    /// from time to time. `item` is moved from only once it has been sent: awaiting throws
    /// std::system_error if the broadcast is closed (broken_pipe) or the sender is cancelled, or
    /// stores that in `error`, and `item` is as it was. Throws std::logic_error outside a loop.
    [[nodiscard]] send_operation send(T&& item) { return {*this, item, nullptr}; }
    [[nodiscard]] send_operation send(T&& item, std::error_code& error) {
        return {*this, item, &error};
    }

    /// The same without waiting: false, with `item` as it was, where it would wait or is closed.
    [[nodiscard]] bool try_send(T&& item) noexcept { return !closed_ && put(item); }

    /// Takes nothing from now on: those who wait to send fail with broken_pipe. What was sent can
    /// still be received.
    void close() noexcept {
        closed_ = true;
        while (!senders_.empty())
            senders_.front().grant(-EPIPE);
        while (!receivers_.empty())
            receivers_.front().grant();
    }

    [[nodiscard]] bool closed() const noexcept { return closed_; }

    /// How many items there are that someone has yet to receive.
    [[nodiscard]] std::size_t size() const noexcept {
        return static_cast<std::size_t>(end_ - first_);
    }
    [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }

private:
    /// An item, and those who are to receive it next. Whoever is to receive it later is in the list
    /// of an earlier one; so the first item is done with when its list is empty.
    struct slot {
        std::optional<T> item;
        detail::intrusive_list<subscription> next_here;
    };

    slot& slot_of(std::uint64_t number) noexcept { return slots_[number % slots_.size()]; }

    detail::intrusive_list<subscription>& list_of(std::uint64_t number) noexcept {
        return number == end_ ? caught_up_ : slot_of(number).next_here;
    }

    bool put(T& item) noexcept {
        if (size() == capacity()) {
            if (policy_ == slow_receivers::wait)
                return false;
            overrun();
        }
        slot& last = slot_of(end_++);
        last.item.emplace(std::move(item));
        last.next_here.splice_back(caught_up_);
        drop_received();
        while (!receivers_.empty())
            receivers_.front().grant();
        return true;
    }

    /// Drops the first item though some have yet to receive it.
    void overrun() noexcept {
        detail::intrusive_list<subscription>& slow = slot_of(first_).next_here;
        if (policy_ == slow_receivers::drop_oldest)
            list_of(first_ + 1).splice_back(slow);
        else
            slow.for_each([](subscription& one) { one.disconnect(); });
        drop_received();
    }

    void drop_received() noexcept {
        for (; first_ != end_ && slot_of(first_).next_here.empty(); ++first_)
            slot_of(first_).item.reset();
    }

    int take(subscription& to, std::optional<T>& item) {
        if (to.disconnected_.is_set())
            return -ENOBUFS;
        if (!to.has_next())  // it is closed
            return 0;
        const std::uint64_t number = std::max(to.next_, first_);
        item.emplace(*slot_of(number).item);  // may throw; then it can be received again
        to.missed_ = number - to.next_;
        to.next_ = number + 1;
        to.unlink();
        list_of(to.next_).push_back(to);
        make_room();
        return 0;
    }

    /// Forgets what everyone has received, and lets those in who wait to send.
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
    std::uint64_t end_ = 0;    // that of the next one to be sent
    std::size_t subscriptions_ = 0;
    std::vector<slot> slots_;
    detail::intrusive_list<subscription> caught_up_;  // those who have received everything
    detail::queued_operation::queue senders_;
    detail::queued_operation::queue receivers_;
};

}  // namespace ringlet
