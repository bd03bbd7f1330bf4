#include "base/detail/own_thread.hpp"
#include "server/detail/bounded_dispatcher.hpp"
#include "server/detail/concurrency_model.hpp"
#include "server/detail/for_one_request.hpp"
#include "server/detail/serving_period.hpp"

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/detail/timer.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace ringlet::detail {

namespace {

class dispatcher_to_threads;

/// A thread that handles one request at a time, in a loop of its own, and then waits for the next
/// request. It belongs to the serving loop and tells it of each request's end, until the serving
/// loop retires it; then the thread ends, and ending_threads joins it.
///
/// One thread, except for the parts that say otherwise: that of the serving loop.
class request_thread final : public list_hook {
public:
    /// Starts a thread and returns at once: the new thread makes its loop itself. Throws
    /// std::system_error where the system has no thread left, and leaves the request with the
    /// caller then.
    request_thread(dispatcher_to_threads& owner, dispatched_request& first)
        : owner_(owner), request_(std::move(first)) {
        try {
            thread_ = start_own_thread([this] { run(); });
        } catch (...) {
            first = std::move(request_);
            throw;
        }
    }
    ~request_thread() { thread_.join(); }

    /// Has the thread handle another request. The last request must have ended, as `request_ended`
    /// tells.
    void handle(dispatched_request next) noexcept {
        request_ = std::move(next);
        loop_.load()->core().post(wake_);
    }

    /// Cancels the request that the thread handles, and any later one.
    void cancel() noexcept {
        if (cancelled_.exchange(true))
            return;
        if (loop* const thread_loop = loop_.load())  // if not, the thread will see the flag
            thread_loop->core().post(cancel_);
    }

    /// Has the thread end, while it handles no request. The caller must not use this object
    /// afterwards.
    void retire() noexcept;

    /// The exception for which the thread could not make its loop; none where it has one. The
    /// request is as it was then.
    [[nodiscard]] const std::exception_ptr& failure() const noexcept { return no_loop_; }

    [[nodiscard]] dispatched_request take_request() noexcept { return std::move(request_); }

private:
    /// A message to another thread's inbox, which calls a member function there.
    template <void (request_thread::*Called)()>
    class notice final : public inbox::work_item {
    public:
        explicit notice(request_thread& told) : told_(told) {}

    private:
        void run() override { (told_.*Called)(); }
        void discard() noexcept override {}

        request_thread& told_;
    };

    // These run in the thread itself.
    void run() noexcept;
    void give_up(std::exception_ptr no_loop) noexcept;
    task<> handle_requests();
    void hear_wake() { woken_.set(); }
    void hear_cancel() {
        if (handling_ != nullptr)
            handling_->cancel();
    }

    // These run in the serving loop.
    void hear_begun();
    void hear_ended();

    dispatcher_to_threads& owner_;
    dispatched_request
        request_;  // the thread's until it tells of the request's end, then the owner's
    std::atomic<loop*> loop_{nullptr};
    std::atomic<bool> cancelled_{false};
    std::exception_ptr no_loop_;
    bool dismissed_ = false;  // for a thread without a loop; guarded by ending_threads
    event woken_;
    cancel_scope* handling_ = nullptr;
    notice<&request_thread::hear_wake> wake_{*this};
    notice<&request_thread::hear_cancel> cancel_{*this};
    notice<&request_thread::hear_begun> begun_{*this};
    notice<&request_thread::hear_ended> ended_{*this};
    std::thread thread_;
};

/// Joins threads without making the serving loop wait: each thread that ends joins the thread that
/// ended before it.
///
/// Thread-safe.
class ending_threads {
public:
    ending_threads() = default;
    ending_threads(const ending_threads&) = delete;
    ending_threads& operator=(const ending_threads&) = delete;

    /// Waits until every thread that `begin` counted has ended.
    ~ending_threads() {
        std::unique_lock lock(mutex_);
        all_ended_.wait(lock, [this] { return running_ == 0; });
        lock.unlock();
        last_.reset();
    }

    /// Counts a thread that has started.
    void begin() {
        const std::lock_guard lock(mutex_);
        ++running_;
    }

    /// Counts a thread as ended and joins the one before. A thread calls this as its last step.
    void end(std::unique_ptr<request_thread> self) noexcept {
        {
            const std::lock_guard lock(mutex_);
            last_.swap(self);
            if (--running_ == 0)
                all_ended_.notify_all();
        }
        self.reset();  // after the swap, this is the thread that ended before
    }

    /// Sets a flag for which a thread waits in `wait_for`.
    void set(bool& flag) noexcept {
        const std::lock_guard lock(mutex_);
        flag = true;
        flag_set_.notify_all();
    }

    /// Waits until another thread has set the flag by `set`.
    void wait_for(const bool& flag) noexcept {
        std::unique_lock lock(mutex_);
        flag_set_.wait(lock, [&] { return flag; });
    }

private:
    std::mutex mutex_;
    std::condition_variable all_ended_;
    std::condition_variable flag_set_;
    std::size_t running_ = 0;
    std::unique_ptr<request_thread> last_;
};

/// Gives each request to a thread that has no other request: an idle thread, or a new one.
class dispatcher_to_threads final : public bounded_dispatcher, private timer {
public:
    dispatcher_to_threads(loop& owner, std::size_t running_max, const serving_period& period)
        : bounded_dispatcher(owner, running_max, period, place::elsewhere), period_(period),
          loop_options_(for_one_request(period.options().loop)) {}
    ~dispatcher_to_threads() override {
        owner().core().timers().disarm(*this);
        for (const idle_thread& idle : idle_)
            idle.thread->retire();
    }

    void cancel() override {
        bounded_dispatcher::cancel();
        cancelled_ = true;
        busy_.for_each([](request_thread& busy) { busy.cancel(); });
    }

private:
    friend request_thread;

    struct idle_thread {
        request_thread* thread;
        loop::clock::time_point until;
    };

    void start(dispatched_request& request) override {
        request_thread& chosen =
            idle_.empty() ? begin_thread(request) : wake_thread(std::move(request));
        busy_.push_back(chosen);
        if (cancelled_)  // the chosen thread has missed the call of `cancel`
            chosen.cancel();
    }

    request_thread& begin_thread(dispatched_request& first) {
        const std::size_t idle_max = period_.options().idle_threads_max;
        idle_.reserve(std::min(idle_max, threads_ + 1));  // so that becoming idle takes no memory
        auto started = std::make_unique<request_thread>(*this, first);
        ending_.begin();
        ++threads_;
        begin();
        return *started.release();
    }

    // Wakes the thread that has been idle for the shortest time, so that surplus threads stay idle
    // and expire.
    request_thread& wake_thread(dispatched_request next) noexcept {
        request_thread& woken = *idle_.back().thread;
        idle_.pop_back();
        woken.handle(std::move(next));
        return woken;
    }

    void request_ended(request_thread& thread) {
        thread.unlink();
        if (const std::exception_ptr failure = thread.failure()) {
            dispatched_request request = thread.take_request();
            retire(thread);
            take_back(std::move(request), failure);
            return;
        }
        if (idle_.size() >= period_.options().idle_threads_max) {
            retire(thread);
        } else {
            idle_.push_back({&thread, owner().now() + period_.options().idle_thread_lifetime});
            arm_timer();
        }
        ended();
    }

    void retire(request_thread& thread) noexcept {
        --threads_;
        thread.retire();
    }

    void arm_timer() noexcept {
        if (!armed_ && !idle_.empty())
            owner().core().timers().arm(*this, idle_.front().until);
        armed_ = !idle_.empty();
    }

    void expire() override {
        const auto expired = std::ranges::find_if(
            idle_, [now = owner().now()](const idle_thread& idle) { return idle.until > now; });
        std::for_each(idle_.begin(), expired, [this](idle_thread& idle) { retire(*idle.thread); });
        idle_.erase(idle_.begin(), expired);
        armed_ = false;
        arm_timer();
    }

    const serving_period& period_;
    const loop_options loop_options_;
    ending_threads ending_;  // declared before the list of busy threads, to end after it
    intrusive_list<request_thread> busy_;
    std::vector<idle_thread> idle_;  // the thread that has been idle for longest is first
    std::size_t threads_ = 0;
    bool armed_ = false;
    bool cancelled_ = false;
};

void request_thread::run() noexcept {
    ending_threads& ending = owner_.ending_;
    {
        std::optional<loop> own_loop;
        try {
            own_loop.emplace(owner_.loop_options_);
        } catch (...) {
            give_up(std::current_exception());
        }
        if (own_loop)
            block_on(*own_loop, handle_requests());
    }
    ending.end(std::unique_ptr<request_thread>(this));
}

void request_thread::give_up(std::exception_ptr no_loop) noexcept {
    no_loop_ = std::move(no_loop);
    owner_.owner().core().post(ended_);
    owner_.ending_.wait_for(dismissed_);
}

void request_thread::retire() noexcept {
    if (loop* const thread_loop = loop_.load())
        thread_loop->core().post(wake_);
    else
        owner_.ending_.set(dismissed_);
}

task<> request_thread::handle_requests() {
    loop_ = &loop::require_current("serve");
    owner_.owner().core().post(begun_);
    while (request_.handling.valid()) {
        {
            cancel_scope scope;
            if (cancelled_)
                scope.cancel();
            handling_ = &scope;
            co_await std::move(request_.handling);
            handling_ = nullptr;
        }
        request_ = {};
        woken_.reset();
        owner_.owner().core().post(ended_);
        co_await woken_.wait();
    }
}

void request_thread::hear_begun() {
    owner_.begun();
}

void request_thread::hear_ended() {
    owner_.request_ended(*this);
}

/// A thread for each request, as in socketserver. This suits handlers that block. The serving
/// thread waits neither for a new thread nor for one that ends.
class thread_per_request_model final : public concurrency_model {
    task<> serve(serving_period& period) const override {
        const server_options& options = period.options();
        dispatcher_to_threads handlers(loop::require_current("serve"),
                                       std::min(options.max_threads, options.max_connections),
                                       period);
        // What is accepted ahead would take descriptors that the requests before it need to begin.
        co_await period.serve(handlers, receiving::one_by_one);
    }
};

}  // namespace

const concurrency_model& concurrency_by_thread_per_request() noexcept {
    static const thread_per_request_model model;
    return model;
}

}  // namespace ringlet::detail
