#pragma once

#include "dispatch_context.hpp"
#include "dispatched_request.hpp"
#include "drainable.hpp"

#include <ringlet/coro/event.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/detail/timer.hpp>
#include <ringlet/server/detail/dispatcher.hpp>
#include <ringlet/server/detail/job.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <system_error>

namespace ringlet::detail {

struct detached;

/// Handles a bounded number of requests at a time, as coroutines of the loop that accepts them.
/// Dispatchers to threads and processes derive from this class.
///
/// A request that cannot begin yet is kept, and its client waits: at the maximum until another
/// request ends, as it may be with a backlog that is taken at a shutdown; where the system is short
/// of descriptors, processes, threads or memory, until one more attempt succeeds. An attempt is
/// made whenever a request ends, and after a pause, which doubles. A dispatcher that keeps a
/// request has no room, and neither has one that does not know yet whether the last request could
/// begin: each further client would take a descriptor that this request may need.
class bounded_dispatcher : public dispatcher, public drainable {
public:
    /// The place where a dispatcher begins the tasks of its requests.
    enum class place { here, elsewhere };

    /// A dispatcher of at most `running_max` requests at a time, for the loop `owner`, in whose
    /// thread it is made. The context must outlive it.
    bounded_dispatcher(loop& owner, std::size_t running_max, const dispatch_context& context,
                       place handled = place::here)
        : owner_(owner), context_(context), scope_(&owner.core().scope()),
          running_max_(running_max), handled_(handled) {}
    bounded_dispatcher(const bounded_dispatcher&) = delete;
    bounded_dispatcher& operator=(const bounded_dispatcher&) = delete;
    virtual ~bounded_dispatcher();

    /// Whether the dispatcher can take a request: it keeps none, and handles fewer than its
    /// maximum.
    [[nodiscard]] bool has_room() const noexcept { return kept_.empty() && can_start(); }

    /// Whether the dispatcher handles as many requests as it may.
    [[nodiscard]] bool is_full() const noexcept { return running_ >= running_max_; }

    /// Waits until the dispatcher has room for a request. Throws std::system_error when it is
    /// cancelled.
    [[nodiscard]] task<> wait_for_room();

    void dispatch(job& accepted) final;

    /// The place of a request that runs by itself in a dispatcher, until it has ended; nullptr for
    /// none.
    class occupied_place {
    public:
        explicit occupied_place(bounded_dispatcher* in) noexcept : in_(in) {
            if (in_ != nullptr)
                in_->running_.fetch_add(1);
        }
        occupied_place(const occupied_place&) = delete;
        occupied_place& operator=(const occupied_place&) = delete;
        ~occupied_place() {
            if (in_ != nullptr)
                in_->ended();
        }

    private:
        bounded_dispatcher* in_;
    };

    /// Whether the server of the dispatcher, of which this may be one worker of several, handles as
    /// many requests as it may.
    [[nodiscard]] virtual bool server_is_full() const noexcept { return is_full(); }

    /// Runs a task that never throws as a coroutine of the accepting loop, beside the requests and
    /// without a place among them. It is cancelled and awaited as they are. Throws std::bad_alloc.
    void run_aside(task<> work);

    /// The number of tasks of `run_aside` that run.
    [[nodiscard]] std::size_t running_aside() const noexcept { return running_aside_; }

    /// Cancels all requests. Those that are kept are refused.
    void cancel() override;

    [[nodiscard]] bool cancelled() const noexcept { return scope_.cancelled(); }

    task<> join() override;

protected:
    /// Has a request handled. The override arranges that `ended` is called when the request has
    /// ended. Where the override throws and leaves the task in the request, the request is started
    /// again later if the system was short of something.
    virtual void start(dispatched_request& request);

    /// Tells the dispatcher that a request has ended. Any thread may call this; it must not use the
    /// dispatcher for that request afterwards.
    void ended() noexcept;

    /// `start` has begun a request of which it is not known yet whether it can begin. Then `begun`
    /// or `take_back` follows.
    void begin() noexcept { beginning_ = true; }

    /// The request that `begin` told of has begun. In the thread of the owner.
    void begun() {
        beginning_ = false;
        update();
    }

    /// Takes a request back that `start` has started and that could not begin after all, and counts
    /// it as ended. In the thread of the owner.
    void take_back(dispatched_request request, const std::exception_ptr& failure);

    [[nodiscard]] loop& owner() const noexcept { return owner_; }

private:
    /// Tells the owner, in its own thread, that fewer requests run.
    class news final : public inbox::work_item {
    public:
        explicit news(bounded_dispatcher& told) : told_(told) {}

    private:
        void run() override {
            told_.asked_for_ = 0;
            told_.update();
        }
        void discard() noexcept override {}

        bounded_dispatcher& told_;
    };

    class retry_timer final : public timer {
    public:
        explicit retry_timer(bounded_dispatcher& told) : told_(told) {}

    private:
        void expire() override { told_.update(); }

        bounded_dispatcher& told_;
    };

    [[nodiscard]] bool can_start() const noexcept { return !is_full() && !beginning_; }
    [[nodiscard]] bool begin_here(job& accepted) noexcept;
    detached handle(dispatched_request& request);
    detached handle_aside(task<> work);
    void count_and_start(dispatched_request& request);
    [[nodiscard]] bool try_start(dispatched_request& request);
    void pause(std::error_code shortage);
    void start_kept();
    void update();
    [[nodiscard]] std::size_t awaited_count() const noexcept;
    [[nodiscard]] bool ask_for(std::size_t count) noexcept;
    [[nodiscard]] bool has_ended() const noexcept;

    loop& owner_;
    const dispatch_context& context_;
    operation_scope scope_;
    const std::size_t running_max_;
    const place handled_;
    std::atomic<std::size_t> running_{0};
    std::size_t running_aside_ = 0;

    bool beginning_ = false;
    std::deque<dispatched_request> kept_;  // oldest first
    std::chrono::milliseconds pause_{0};   // the last one; 0 before the first shortage
    loop::clock::time_point last_shortage_;
    retry_timer retry_{*this};

    event room_;
    event all_ended_;
    bool room_awaited_ = false;
    bool end_awaited_ = false;
    // The owner asks to be told when fewer requests run than this; 0 for no question. Of the owner
    // and the threads whose requests end, the one that sets it back to 0 has to act.
    std::atomic<std::size_t> awaited_below_{0};
    std::size_t asked_for_ = 0;  // the owner's question until its answer has come
    news news_{*this};
};

}  // namespace ringlet::detail
