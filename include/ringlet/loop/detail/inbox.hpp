#pragma once

#include <atomic>
#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace ringlet::detail {

/// Work that other threads hand to a loop: a lock-free queue, in the order of posting for each
/// thread, whose poster is told when the loop sleeps and must be woken.
///
/// Thread-safe: `post`. The rest belongs to the loop's thread.
class inbox {
public:
    /// A piece of work that lives with whoever posts it, such as in the frame of a coroutine, so
    /// that posting costs no allocation and cannot fail. Once posted it is the inbox's, until `run`
    /// or `discard` is called; there it may be posted again, or destroyed.
    class work_item {
    public:
        work_item() noexcept = default;
        work_item(const work_item&) = delete;
        work_item& operator=(const work_item&) = delete;

    protected:
        ~work_item() = default;

    private:
        friend inbox;

        virtual void run() = 0;

        /// Called instead of `run` where the inbox ends before.
        virtual void discard() noexcept = 0;

        work_item* next_ = nullptr;
    };

    inbox() = default;
    inbox(const inbox&) = delete;
    inbox& operator=(const inbox&) = delete;
    ~inbox();

    /// Queues `work`. True if the loop sleeps and the caller has to wake it; if not, the inbox is
    /// not touched again, and what the work leads to may destroy it.
    [[nodiscard]] bool post(work_item& work) noexcept {
        work_item* newest = posted_.load(std::memory_order_relaxed);
        do
            work.next_ = newest;
        while (!posted_.compare_exchange_weak(newest, &work, std::memory_order_release,
                                              std::memory_order_relaxed));
        return newest == &sleep_;
    }

    /// An item that calls `work()`, which is moved or copied into it; it is to be posted. Throws
    /// std::bad_alloc.
    template <std::invocable Work>
    [[nodiscard]] static work_item& make_item(Work&& work) {
        return *new callable<std::decay_t<Work>>(std::forward<Work>(work));
    }

    /// Queues a call of `work()`: makes an item and posts it. Throws std::bad_alloc.
    template <std::invocable Work>
    [[nodiscard]] bool post(Work&& work) {
        return post(make_item(std::forward<Work>(work)));
    }

    /// Runs what was there when called. If one throws, those behind it wait for the next call.
    void run();

    /// Whether nothing is there for `run` to do.
    [[nodiscard]] bool empty() const noexcept {
        return taken_ == nullptr && posted_.load(std::memory_order_relaxed) == nullptr;
    }

    /// The loop is about to block: false if there is work instead. From here on the first poster is
    /// told to wake the loop, until `woke`.
    [[nodiscard]] bool sleep() noexcept {
        if (!empty())
            return false;
        sleep_.next_ = nullptr;
        work_item* newest = nullptr;
        return posted_.compare_exchange_strong(newest, &sleep_, std::memory_order_relaxed);
    }

    /// The loop blocks no longer. True if a poster was told to wake it, and has or will.
    [[nodiscard]] bool woke() noexcept {
        work_item* newest = &sleep_;
        return !posted_.compare_exchange_strong(newest, nullptr, std::memory_order_relaxed);
    }

private:
    template <class Work>
    class callable final : public work_item {
    public:
        explicit callable(Work&& moved) : work_(std::move(moved)) {}
        explicit callable(const Work& copied) : work_(copied) {}

    private:
        void run() override {
            const std::unique_ptr<callable> self(this);
            work_();
        }
        void discard() noexcept override { delete this; }

        Work work_;
    };

    /// What lies in an inbox whose loop sleeps. Where work was posted on top of it, it is run with
    /// that work, and does nothing.
    class sleep_mark final : public work_item {
        void run() override {}
        void discard() noexcept override {}
    };

    void take() noexcept;

    std::atomic<work_item*> posted_{nullptr};  // newest first
    work_item* taken_ = nullptr;               // oldest first; only the loop's thread
    sleep_mark sleep_;
};

}  // namespace ringlet::detail
