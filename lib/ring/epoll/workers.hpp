#pragma once

#include "waiting_operation.hpp"

#include <ringlet/ring/intrusive_list.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace ringlet::epoll {

/// A few threads that carry out what blocks: files. They are started when they are needed, and
/// wait with all signals blocked.
///
/// One thread: the ring's; the workers are its own business.
class workers {
public:
    /// Throws std::system_error where there is no descriptor left.
    workers();
    workers(const workers&) = delete;
    workers& operator=(const workers&) = delete;

    /// Waits for what is being carried out.
    ~workers();

    /// Takes `blocking` over, until `take_done` gives it back or `withdraw` takes it back. Throws
    /// std::system_error where no thread can be started.
    void carry_out(waiting_operation& blocking);

    /// Takes back what no thread has begun with; false where one has.
    [[nodiscard]] bool withdraw(waiting_operation& blocking) noexcept;

    /// Readable once something is done, until `take_done`.
    [[nodiscard]] int native_handle() const noexcept { return done_signal_; }

    /// Moves what is done, with its result, to the end of `taken`.
    void take_done(intrusive_list<waiting_operation>& taken) noexcept;

private:
    static constexpr std::size_t threads_max = 4;

    void work();

    int done_signal_;
    std::mutex mutex_;
    std::condition_variable something_to_do_;
    intrusive_list<waiting_operation> to_do_;
    intrusive_list<waiting_operation> done_;
    std::size_t queued_ = 0;  // how many are in to_do_
    std::size_t idle_ = 0;
    bool end_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace ringlet::epoll
