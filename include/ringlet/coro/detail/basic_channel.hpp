#pragma once

#include <ringlet/coro/detail/bounded_queue.hpp>

#include <cerrno>
#include <concepts>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace ringlet::detail {

/// What channel and concurrent_channel are. `Sharing` says who shares one: by the operation that
/// waits in line, the mutex that guards it all, and the names of the calls.
template <std::movable T, class Sharing>
class basic_channel {
    using waiting = typename Sharing::operation;

public:
    /// Holds at most `capacity` items, for which the memory is taken at once. Throws
    /// std::invalid_argument for a capacity of 0, std::bad_alloc.
    explicit basic_channel(std::size_t capacity) : items_(require_some(capacity)) {}
    basic_channel(const basic_channel&) = delete;
    basic_channel& operator=(const basic_channel&) = delete;

    class send_operation final : public waiting {
    public:
        send_operation(basic_channel& to, T& item, std::error_code* error)
            : waiting(Sharing::send, to.senders_, to.mutex_, error), channel_(to), item_(item) {}

        void await_resume() const { this->finish(); }

    private:
        friend basic_channel;

        bool attempt() override {
            if (channel_.closed_)
                this->result_ = -EPIPE;
            return channel_.closed_ || channel_.put(item_);
        }

        basic_channel& channel_;
        T& item_;
    };

    class receive_operation final : public waiting {
    public:
        receive_operation(basic_channel& from, std::error_code* error)
            : waiting(Sharing::receive, from.receivers_, from.mutex_, error), channel_(from) {}

        std::optional<T> await_resume() {
            this->finish();
            return std::move(item_);
        }

    private:
        friend basic_channel;

        bool attempt() override {
            channel_.take(item_);
            return item_.has_value() || channel_.closed_;
        }

        basic_channel& channel_;
        std::optional<T> item_;
    };

    /// Sends `item`, waiting for room. It is moved from only once it has been sent: awaiting throws
    /// std::system_error if the channel is closed (broken_pipe) or the sender is cancelled, or
    /// stores that in `error`, and `item` is as it was. Throws std::logic_error outside a loop.
    [[nodiscard]] send_operation send(T&& item) { return {*this, item, nullptr}; }
    [[nodiscard]] send_operation send(T&& item, std::error_code& error) {
        return {*this, item, &error};
    }

    /// Receives the oldest item, waiting for one; nothing once the channel is closed and empty.
    /// Awaiting throws std::system_error if the receiver is cancelled, or stores that in `error`.
    /// Throws std::logic_error outside a loop.
    [[nodiscard]] receive_operation receive() { return {*this, nullptr}; }
    [[nodiscard]] receive_operation receive(std::error_code& error) { return {*this, &error}; }

    /// The same without waiting, and without a loop. A closed channel takes nothing.
    [[nodiscard]] bool try_send(T&& item) {
        const std::lock_guard locked(mutex_);
        return !closed_ && put(item);
    }
    [[nodiscard]] std::optional<T> try_receive() {
        std::optional<T> item;
        const std::lock_guard locked(mutex_);
        take(item);
        return item;
    }

    /// Takes nothing from now on: those who wait to send fail with broken_pipe. What is in it can
    /// still be received.
    void close() noexcept {
        const std::lock_guard locked(mutex_);
        closed_ = true;
        while (!senders_.empty())
            senders_.front().grant(-EPIPE);
        while (!receivers_.empty())
            receivers_.front().grant();
    }

    [[nodiscard]] bool closed() const noexcept {
        const std::lock_guard locked(mutex_);
        return closed_;
    }
    [[nodiscard]] std::size_t size() const noexcept {
        const std::lock_guard locked(mutex_);
        return items_.size();
    }
    [[nodiscard]] std::size_t capacity() const noexcept { return items_.capacity(); }

private:
    static std::size_t require_some(std::size_t capacity) {
        if (capacity == 0)
            throw std::invalid_argument("channel: the capacity must be 1 or more");
        return capacity;
    }

    bool put(T& item) noexcept {
        if (!receivers_.empty()) {  // then the channel is empty
            auto& receiver = static_cast<receive_operation&>(receivers_.front());
            receiver.item_.emplace(std::move(item));
            receiver.grant();
            return true;
        }
        if (items_.full())  // whoever waits to send does because of that
            return false;
        items_.push_back(std::move(item));
        return true;
    }

    void take(std::optional<T>& item) noexcept {
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
