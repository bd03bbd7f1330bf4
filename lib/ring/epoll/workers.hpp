#pragma once

#include "waiting_operation.hpp"

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/base/detail/owned_descriptor.hpp>
#include <ringlet/base/thread_pool.hpp>

#include <mutex>

namespace ringlet::detail::epoll {

/// A few threads that carry out what blocks: files.
///
/// One thread, the ring's; but `done` is for the workers themselves.
class workers {
public:
    /// Throws std::system_error where there is no descriptor left, std::bad_alloc.
    workers();
    workers(const workers&) = delete;
    workers& operator=(const workers&) = delete;

    /// Waits for what is being carried out; nothing may wait for a thread any more.
    ~workers() = default;

    /// Takes `blocking` over, until `take_done` gives it back or `withdraw` takes it back: 0, or
    /// `-errno` where there is no thread.
    [[nodiscard]] int carry_out(waiting_operation& blocking) noexcept;

    /// Takes back what no thread has begun with; false where one has.
    [[nodiscard]] bool withdraw(waiting_operation& blocking) noexcept;

    /// Readable once something is done, until `take_done`.
    [[nodiscard]] int native_handle() const noexcept { return done_signal_.native_handle(); }

    /// Moves what is done, with its result, to the end of `taken`.
    void take_done(intrusive_list<waiting_operation>& taken) noexcept;

    void done(waiting_operation& ended) noexcept;

private:
    owned_descriptor done_signal_;  // eventfd(2)
    std::mutex mutex_;
    intrusive_list<waiting_operation> done_;
    thread_pool threads_;  // last, so that it ends first
};

}  // namespace ringlet::detail::epoll
