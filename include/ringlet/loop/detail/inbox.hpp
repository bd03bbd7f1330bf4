#pragma once

#include <atomic>
#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace ringlet::detail {

/// Work that other threads hand to a loop: a lock-free queue, in the order of posting for each
/// thread. It tells the poster when the loop sleeps and must be woken.
///
/// Thread-safe: `post`. All other members belong to the loop's thread.
class inbox {
public:
    /// A piece of work that lives with its poster, such as in the frame of a coroutine, so that
    /// posting costs no allocation and cannot fail. Once posted it belongs to the inbox, until
    /// `run` or `discard` is called; these may post it again, or destroy it.
    class work_item {
    public:
        work_item() noexcept = default;
        work_item(const work_item&) = delete;
        work_item& operator=(const work_item&) = delete;

    protected:
        ~work_item() = default;

    private:
        friend inbox;

        /// Does the work, in the loop's thread.
        virtual void run() = 0;

        /// Gives the work up; called instead of `run` if the inbox ends before.
        virtual void discard() noexcept = 0;

        work_item* next_ = nullptr;
    };

    inbox() = default;
    inbox(const inbox&) = delete;
    inbox& operator=(const inbox&) = delete;
    ~inbox();

    /// Queues `work`. True if the loop sleeps and the caller has to wake it. Otherwise the caller
    /// does not touch the inbox again, which the work may lead to the end of. Thread-safe.
    [[nodiscard]] bool post(work_item& work) noexcept {
        work_item* newest = posted_.load(std::memory_order_relaxed);
        do
            work.next_ = newest;
        while (!posted_.compare_exchange_weak(newest, &work, std::memory_order_release,
                                              std::memory_order_relaxed));
        return newest == &sleep_;
    }

    /// Makes an item that calls `work()`, which is moved or copied into it; the caller posts it.
    /// Throws std::bad_alloc.
    template <std::invocable Work>
    [[nodiscard]] static work_item& make_item(Work&& work) {
        return *new callable<std::decay_t<Work>>(std::forward<Work>(work));
    }

    /// Queues a call of `work()`. True if the loop sleeps and the caller has to wake it.
    /// Thread-safe. Throws std::bad_alloc.
    template <std::invocable Work>
    [[nodiscard]] bool post(Work&& work) {
        return post(make_item(std::forward<Work>(work)));
    }

    /// Runs the items that are in the inbox when it is called. If an item throws, the items behind
    /// it wait for the next call.
    void run();

    /// Whether there is no item for `run`.
    [[nodiscard]] bool empty() const noexcept {
        return taken_ == nullptr && posted_.load(std::memory_order_relaxed) == nullptr;
    }

    /// Whether the loop sleeps and nobody has posted since.
    [[nodiscard]] bool asleep() const noexcept {
        return posted_.load(std::memory_order_relaxed) == &sleep_;
    }

    /// Notes that the loop is about to block. False if there is work instead. From then on, until
    /// `woke`, the first poster is told to wake the loop.
    [[nodiscard]] bool sleep() noexcept {
        if (!empty())
            return false;
        sleep_.next_ = nullptr;
        work_item* newest = nullptr;
        return posted_.compare_exchange_strong(newest, &sleep_, std::memory_order_relaxed);
    }

    /// Notes that the loop does not block any more. True if a poster was told to wake the loop,
    /// which it has done or will do.
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

    /// The item that lies in an inbox whose loop sleeps. It is run with the work that is posted on
    /// top of it, and does nothing.
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
