#pragma once

#include <ringlet/base/error_sink.hpp>

#include <cerrno>
#include <utility>

namespace ringlet::detail {

/// Sends an item that the caller owns to a channel or a broadcast, and moves from it only when that
/// takes it. `Sharing` says which coroutines and threads may share `To`: see basic_channel.
template <class To, class T, class Sharing>
class item_send_operation : public Sharing::operation {
public:
    item_send_operation(To& to, T& item, error_sink error)
        : Sharing::operation(Sharing::send, to.senders_, to.mutex_, error), to_(to), item_(item) {}

    void await_resume() const { this->finish(); }

private:
    friend To;

    bool attempt() override {
        if (to_.closed_)
            this->result_ = -EPIPE;
        return to_.closed_ || to_.put(item_);
    }

    To& to_;
    T& item_;
};

/// Sends an item of its own, a copy of the caller's.
template <class To, class T, class Sharing>
class item_copy_send_operation final : public item_send_operation<To, T, Sharing> {
public:
    item_copy_send_operation(To& to, T copy, error_sink error)
        : item_send_operation<To, T, Sharing>(to, copy_, error), copy_(std::move(copy)) {}

private:
    T copy_;
};

}  // namespace ringlet::detail
