#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/detail/bounded_queue.hpp>
#include <ringlet/coro/detail/item_send_operation.hpp>

#include <cerrno>
#include <concepts>
#include <cstddef>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

namespace ringlet::detail {

/// The class behind channel and concurrent_channel. `Sharing` says which coroutines and threads may
/// share one channel: it has the operation that waits in line, the mutex that guards the channel,
/// and the names of the calls for error messages.
template <std::movable T, class Sharing>
class basic_channel {
    using waiting = typename Sharing::operation;

public:
    /// Makes a channel that holds at most `capacity` items, and allocates their memory at once.
    /// Throws std::invalid_argument for a capacity of 0, std::bad_alloc.
    explicit basic_channel(std::size_t capacity) : items_(require_some(capacity)) {}
    basic_channel(const basic_channel&) = delete;
    basic_channel& operator=(const basic_channel&) = delete;

    using send_operation = item_send_operation<basic_channel, T, Sharing>;
    using copy_send_operation = item_copy_send_operation<basic_channel, T, Sharing>;

    /// Receives an item into the frame of the awaiting coroutine.
    class receive_operation final : public waiting {
    public:
        receive_operation(basic_channel& from, error_sink error)
            : waiting(Sharing::receive, from.receivers_, from.mutex_, error), channel_(from) {}

        std::optional<T> await_resume() {
            this->finish();
            return std::move(item_);
        }

    private:
        friend basic_channel;

        bool attempt() override {
            channel_.pop(item_);
            return item_.has_value() || channel_.closed_;
        }

        basic_channel& channel_;
        std::optional<T> item_;
    };

    /// Sends `item`; the sender waits while the channel is full. `item` is moved from only once it
    /// has been sent: where awaiting throws std::system_error, because the channel is closed
    /// (broken_pipe) or the sender is cancelled, or stores that in `error`, `item` is as it was.
    /// Throws std::logic_error outside a loop.
    [[nodiscard]] send_operation send(T&& item, error_sink error = throws) {
        return {*this, item, error};
    }

    /// Sends a copy of `item`, made by this call; the sender waits while the channel is full, and
    /// `item` itself stays as it was whatever happens. Awaiting throws std::system_error if the
    /// channel is closed (broken_pipe) or the sender is cancelled, or stores that in `error`.
    /// Throws std::logic_error outside a loop, and what copying throws.
    [[nodiscard]] copy_send_operation
    send(const T& item, error_sink error = throws) requires std::copy_constructible<T> {
        return {*this, item, error};
    }

    /// Receives the oldest item; the receiver waits while the channel is empty, and gets nothing
    /// once the channel is closed and empty. Awaiting throws std::system_error if the receiver is
    /// cancelled, or stores that in `error`. Throws std::logic_error outside a loop.
    [[nodiscard]] receive_operation receive(error_sink error = throws) { return {*this, error}; }

    /// Sends `item` without waiting, in a loop or outside of one. False if the channel is full or
    /// closed, and then `item` is as it was.
    [[nodiscard]] bool try_send(T&& item) {
        const std::lock_guard locked(mutex_);
        return !closed_ && put(item);
    }

    /// Sends a copy of `item` without waiting, in a loop or outside of one. False if the channel is
    /// full or closed; the copy is made all the same. Throws what copying throws.
    [[nodiscard]] bool try_send(const T& item) requires std::copy_constructible<T> {
        return try_send(T(item));
    }

    /// Receives the oldest item without waiting, in a loop or outside of one; nothing if there is
    /// none.
    [[nodiscard]] std::optional<T> try_receive() {
        std::optional<T> item;
        const std::lock_guard locked(mutex_);
        pop(item);
        return item;
    }

    /// Closes the channel: it takes no more items, and senders that wait fail with broken_pipe. The
    /// items in it can still be received; receivers that wait get nothing.
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

    /// How many items are in the channel.
    [[nodiscard]] std::size_t size() const noexcept {
        const std::lock_guard locked(mutex_);
        return items_.size();
    }

    /// How many items the channel can hold.
    [[nodiscard]] std::size_t capacity() const noexcept { return items_.capacity(); }

private:
    friend send_operation;

    static std::size_t require_some(std::size_t capacity) {
        if (capacity == 0)
            throw std::invalid_argument("channel: the capacity must be 1 or more");
        return capacity;
    }

    /// Gives `item` to a receiver that waits, or keeps it for one that comes. False if there is no
    /// room.
    bool put(T& item) noexcept {
        if (!receivers_.empty()) {  // then the channel is empty
            auto& receiver = static_cast<receive_operation&>(receivers_.front());
            receiver.item_.emplace(std::move(item));
            receiver.grant();
            return true;
        }
        if (items_.full())  // the only reason for which a sender waits
            return false;
        items_.push_back(std::move(item));
        return true;
    }

    /// Moves the oldest item, if there is one, to `item`, and lets in the first sender that waits.
    void pop(std::optional<T>& item) noexcept {
        if (items_.empty())
            return;
        item.emplace(std::move(items_.front()));
        items_.pop_front();
        if (!senders_.empty()) {
            auto& sender = static_cast<send_operation&>(senders_.front());
            items_.push_back(std::move(sender.item_));
            sender.grant();
        }
    }

    [[no_unique_address]] mutable typename Sharing::mutex mutex_;
    bool closed_ = false;
    bounded_queue<T> items_;
    typename waiting::queue senders_;
    typename waiting::queue receivers_;
};

}  // namespace ringlet::detail
