#pragma once

#include <ringlet/coro/queued_operation.hpp>

#include <concepts>
#include <deque>
#include <optional>
#include <stdexcept>
#include <utility>

namespace ringlet {

/// A bounded queue between coroutines of one loop, for any number of senders and receivers. Who
/// finds it full, or empty, waits; first come, first served. Cancelling a sender or a receiver
/// never loses an item.
///
/// One thread: the loop's. Lifetime: outlives those who wait at it.
template <std::movable T>
class channel {
public:
    /// Holds at most `capacity` items. Throws std::invalid_argument for a capacity of 0.
    explicit channel(std::size_t capacity) : capacity_(capacity) {
        if (capacity == 0)
            throw std::invalid_argument("channel: the capacity must be 1 or more");
    }
    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;

    class send_operation final : public queued_operation {
    public:
        send_operation(channel& to, T& item, std::error_code* error)
            : queued_operation("channel::send", to.senders_, error), channel_(to), item_(item) {}

        void await_resume() const { finish(); }

    private:
        friend channel;

        bool attempt() override {
            if (channel_.closed_)
                result_ = -EPIPE;
            return channel_.closed_ || channel_.put(item_);
        }

        channel& channel_;
        T& item_;
    };

    class receive_operation final : public queued_operation {
    public:
        receive_operation(channel& from, std::error_code* error)
            : queued_operation("channel::receive", from.receivers_, error), channel_(from) {}

        std::optional<T> await_resume() {
            finish();
            return std::move(item_);
        }

    private:
        friend channel;

        bool attempt() override {
            item_ = channel_.take();
            return item_.has_value() || channel_.closed_;
        }

        channel& channel_;
        std::optional<T> item_;
    };

    /// Sends `item`, waiting for room. It is moved from only once it has been sent: awaiting throws
    /// std::system_error if the channel is closed (broken_pipe) or the sender is cancelled, or
    /// stores that in `error`, and `item` is as it was.
    [[nodiscard]] send_operation send(T&& item) { return {*this, item, nullptr}; }
    [[nodiscard]] send_operation send(T&& item, std::error_code& error) {
        return {*this, item, &error};
    }

    /// Receives the oldest item, waiting for one; nothing once the channel is closed and empty.
    /// Awaiting throws std::system_error if the receiver is cancelled, or stores that in `error`.
    [[nodiscard]] receive_operation receive() { return {*this, nullptr}; }
    [[nodiscard]] receive_operation receive(std::error_code& error) { return {*this, &error}; }

    /// The same without waiting. A closed channel takes nothing.
    [[nodiscard]] bool try_send(T&& item) { return !closed_ && put(item); }
    [[nodiscard]] std::optional<T> try_receive() { return take(); }

    /// Takes nothing from now on: those who wait to send fail with broken_pipe. What is in it can
    /// still be received.
    void close() noexcept {
        closed_ = true;
        while (!senders_.empty())
            senders_.front().grant(-EPIPE);
        while (!receivers_.empty())
            receivers_.front().grant();
    }

    [[nodiscard]] bool closed() const noexcept { return closed_; }
    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
    [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

private:
    bool put(T& item) {
        if (!receivers_.empty()) {  // then the channel is empty
            auto& receiver = static_cast<receive_operation&>(receivers_.front());
            receiver.item_.emplace(std::move(item));
            receiver.grant();
            return true;
        }
        if (items_.size() == capacity_ || !senders_.empty())
            return false;
        items_.push_back(std::move(item));
        return true;
    }

    std::optional<T> take() {
        if (items_.empty())
            return std::nullopt;
        std::optional<T> oldest(std::move(items_.front()));
        items_.pop_front();
        if (!senders_.empty()) {
            auto& sender = static_cast<send_operation&>(senders_.front());
            items_.push_back(std::move(sender.item_));
            sender.grant();
        }
        return oldest;
    }

    std::size_t capacity_;
    bool closed_ = false;
    std::deque<T> items_;
    queued_operation::queue senders_;
    queued_operation::queue receivers_;
};

}  // namespace ringlet
