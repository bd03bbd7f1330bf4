#pragma once

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/mutable_buffer.hpp>

#include "feed.hpp"

#include <cstddef>
#include <utility>

/// A stream to read from whose bytes come as a test says: after a turn of the loop each, and one of
/// the receives may be cancelled.
class scripted_stream {
public:
    explicit scripted_stream(const incoming& from, bool suspends = true) noexcept
        : from_(from), suspends_(suspends) {}

    ringlet::task<std::size_t> recv(ringlet::mutable_buffer into) {
        const bool cancelled = scope_ != nullptr && from_.receives() == cancelled_receive_;
        if (cancelled && !received_anyway_)
            std::exchange(scope_, nullptr)->cancel();
        if (suspends_)
            co_await ringlet::yield();
        if (cancelled && received_anyway_)
            std::exchange(scope_, nullptr)->cancel();
        co_return from_.receive(into);
    }

    /// Cancels `scope` within the receive before which there were so many; that one receives
    /// nothing, or succeeds in the same turn.
    void cancel_at(std::size_t receive, bool received_anyway, ringlet::cancel_scope& scope) {
        cancelled_receive_ = receive;
        received_anyway_ = received_anyway;
        scope_ = &scope;
    }

    /// The scope is about to end.
    void forget_scope() noexcept { scope_ = nullptr; }

    [[nodiscard]] std::size_t receives() const noexcept { return from_.receives(); }

private:
    incoming from_;
    bool suspends_;
    bool received_anyway_ = false;
    std::size_t cancelled_receive_ = 0;
    ringlet::cancel_scope* scope_ = nullptr;
};
