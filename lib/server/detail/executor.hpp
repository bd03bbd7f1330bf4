#pragma once

#include "accepted_request.hpp"
#include "counter_slot.hpp"
#include "workload.hpp"

#include <ringlet/coro/event.hpp>

#include <atomic>
#include <cstddef>

namespace ringlet::detail {

struct detached;

/// Where the requests of a server are handled, and how many at a time. It belongs to the loop that
/// takes the requests. This one handles them there; those for other kinds of `concurrency` derive
/// from it.
///
/// A request is a task that has not begun. So it can begin in another thread, or another process,
/// and what its frame owns goes with it.
class executor : public workload {
public:
    /// At most `running_max` requests at a time; `owner`, in which this is made, takes them.
    executor(loop& owner, std::size_t running_max) noexcept
        : owner_(owner), scope_(&owner.core().scope()), running_max_(running_max) {}

    /// Whether a request may be spawned; and waits until one may. Throws std::system_error when it
    /// is cancelled.
    [[nodiscard]] bool has_room() const noexcept { return running_ < running_max_; }
    [[nodiscard]] task<> wait_for_room() { return wait_until_below(running_max_); }

    /// Has `request` handled. Throws where there is no thread, process or memory left for it, and
    /// then it is dropped unbegun.
    void spawn(accepted_request request);

    /// The same as a coroutine of the loop that takes the requests, whatever the kind.
    void spawn_here(accepted_request request);

    void cancel() override { scope_.cancel(); }

    task<> join() override;

    /// Whether requests are handled in the loop that takes them. If not, what they need of it must
    /// be made independent of it before they are handed over.
    [[nodiscard]] virtual bool in_this_loop() const noexcept { return true; }

    /// A request that is being taken in this thread, around the hooks that decide what becomes of
    /// it, which may hand it over; if none does, that is counted as `refused`.
    class taking {
    public:
        taking(executor& handling, peer_limit::place place,
               counter_slot::counter& refused) noexcept;
        taking(const taking&) = delete;
        taking& operator=(const taking&) = delete;
        ~taking();

        /// The innermost one.
        [[nodiscard]] static taking& current();

        /// Has it handled, as `spawn` does.
        void hand_over(accepted_request request);

        /// See executor::in_this_loop.
        [[nodiscard]] bool in_this_loop() const noexcept { return handling_.in_this_loop(); }

    private:
        executor& handling_;
        peer_limit::place place_;
        counter_slot::counter& refused_;
        bool handed_over_ = false;
        taking* outer_;
    };

protected:
    /// Has a request handled, and sees to it that `ended` is called when that is over.
    virtual void start(accepted_request request) { start_here(std::move(request)); }

    /// In any thread; its last use of the executor.
    void ended() noexcept;

    [[nodiscard]] loop& owner() const noexcept { return owner_; }

private:
    /// Tells the owner, in its own thread, that fewer run.
    class news final : public inbox::work_item {
    public:
        [[nodiscard]] event& heard() noexcept { return heard_; }

    private:
        void run() override { heard_.set(); }
        void discard() noexcept override {}

        event heard_;
    };

    template <class Start>
    void count(Start start);
    void start_here(accepted_request request);
    detached run_here(accepted_request request);
    [[nodiscard]] task<> wait_until_below(std::size_t count);
    [[nodiscard]] bool stop_waiting(std::size_t count) noexcept;

    loop& owner_;
    operation_scope scope_;
    const std::size_t running_max_;
    std::atomic<std::size_t> running_{0};
    std::atomic<std::size_t> awaited_below_{0};  // what the owner waits for; 0 where it does not
    news news_;
};

}  // namespace ringlet::detail
