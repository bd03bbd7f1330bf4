#pragma once

#include <atomic>
#include <memory>
#include <utility>

namespace ringlet {

/// Work that other threads hand to a loop: a lock-free queue of callables, in the order of posting
/// for each thread, and the flag by which a poster knows that the loop must be woken.
///
/// Thread-safe: `post`. The rest belongs to the loop's thread.
class inbox {
public:
    inbox() = default;
    inbox(const inbox&) = delete;
    inbox& operator=(const inbox&) = delete;
    ~inbox();

    /// Queues `work`. True if the loop sleeps and the caller has to wake it.
    template <class Work>
    [[nodiscard]] bool post(Work&& work) {
        push(new item_of<std::decay_t<Work>>(std::forward<Work>(work)));
        return sleeping_.exchange(false);
    }

    /// Runs what was there when called. If one throws, those behind it wait for the next call.
    void run();

    /// The loop is about to block: false if there is work instead. From here on a poster is told
    /// to wake the loop, until `woke`.
    [[nodiscard]] bool sleep() noexcept;
    void woke() noexcept { sleeping_.store(false, std::memory_order_relaxed); }

private:
    struct item {
        virtual ~item() = default;
        virtual void run() = 0;
        item* next = nullptr;
    };
    template <class Work>
    struct item_of final : item {
        explicit item_of(Work&& moved) : work(std::move(moved)) {}
        explicit item_of(const Work& copied) : work(copied) {}
        void run() override { work(); }
        Work work;
    };

    void push(item* posted) noexcept;
    void take() noexcept;

    std::atomic<item*> posted_{nullptr};  // newest first
    std::atomic<bool> sleeping_{false};
    item* taken_ = nullptr;  // oldest first; only the loop's thread
};

}  // namespace ringlet
