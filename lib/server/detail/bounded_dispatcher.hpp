#pragma once

#include "drainable.hpp"

#include <ringlet/coro/event.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/server/detail/dispatcher.hpp>
#include <ringlet/server/detail/job.hpp>

#include <atomic>
#include <cstddef>

namespace ringlet::detail {

struct detached;

/// Handles a bounded number of requests at a time, as coroutines of the loop that accepts them.
/// Dispatchers to threads and processes derive from this class.
class bounded_dispatcher : public dispatcher, public drainable {
public:
    /// A dispatcher of at most `running_max` requests at a time, for the loop `owner`, in whose
    /// thread it is made.
    bounded_dispatcher(loop& owner, std::size_t running_max) noexcept
        : owner_(owner), scope_(&owner.core().scope()), running_max_(running_max) {}
    bounded_dispatcher(const bounded_dispatcher&) = delete;
    bounded_dispatcher& operator=(const bounded_dispatcher&) = delete;
    virtual ~bounded_dispatcher() = default;

    /// Whether the dispatcher handles fewer requests than its maximum.
    [[nodiscard]] bool has_room() const noexcept { return running_ < running_max_; }

    /// Waits until the dispatcher has room for a request. Throws std::system_error when it is
    /// cancelled.
    [[nodiscard]] task<> wait_for_room() { return wait_until_below(running_max_); }

    void dispatch(job& accepted) final {
        count([&] { start(accepted); });
    }

    /// Runs a task as a coroutine of the accepting loop and counts it as a request, in every kind
    /// of dispatcher. Throws std::bad_alloc.
    void run_here(task<> handling) {
        count([&] { start_here(std::move(handling), {}); });
    }

    void cancel() override { scope_.cancel(); }

    task<> join() override;

protected:
    /// Has a request handled. The override arranges that `ended` is called when the request has
    /// ended.
    virtual void start(job& accepted) {
        start_here(accepted.handle_here(), accepted.take_permit());
    }

    /// Tells the dispatcher that a request has ended. Any thread may call this; it must not use the
    /// dispatcher for that request afterwards.
    void ended() noexcept;

    [[nodiscard]] loop& owner() const noexcept { return owner_; }

private:
    /// Wakes the owner, in its own thread, when fewer requests run.
    class wake_up final : public inbox::work_item {
    public:
        [[nodiscard]] event& woken() noexcept { return woken_; }

    private:
        void run() override { woken_.set(); }
        void discard() noexcept override {}

        event woken_;
    };

    template <class Start>
    void count(Start start_request) {
        running_.fetch_add(1);
        try {
            start_request();
        } catch (...) {
            ended();
            throw;
        }
    }

    void start_here(task<> handling, peer_limit::permit permit);
    detached handle(task<> handling, peer_limit::permit permit);
    [[nodiscard]] task<> wait_until_below(std::size_t count);
    [[nodiscard]] bool stop_waiting(std::size_t count) noexcept;

    loop& owner_;
    operation_scope scope_;
    const std::size_t running_max_;
    std::atomic<std::size_t> running_{0};
    std::atomic<std::size_t> awaited_below_{0};  // the number that the owner waits for; 0 for none
    wake_up wake_up_;
};

}  // namespace ringlet::detail
