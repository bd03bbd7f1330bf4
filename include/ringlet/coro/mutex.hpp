#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/detail/queued_operation.hpp>

#include <utility>

namespace ringlet {

/// Lets one coroutine at a time through a stretch of code that awaits something; the others wait,
/// first come, first served. It protects nothing from other threads.
///
///     const auto lock = co_await mutex.lock();     // until the end of the block
///
/// One thread: the loop's. Lifetime: the mutex outlives its guards and the coroutines that wait.
class mutex {
public:
    mutex() noexcept = default;
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;

    /// Holds the mutex, and unlocks it when the guard is destroyed. After a `lock` that was
    /// cancelled it holds nothing.
    ///
    /// One thread: the loop's. Lifetime: the guard ends before the mutex.
    class guard {
    public:
        /// Holds nothing.
        guard() noexcept = default;
        guard(guard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
        guard& operator=(guard&& other) noexcept {
            std::swap(mutex_, other.mutex_);
            return *this;
        }
        ~guard() { unlock(); }

        /// Whether the guard holds a mutex.
        [[nodiscard]] bool owns_lock() const noexcept { return mutex_ != nullptr; }

        /// Unlocks the mutex, if the guard holds one: the coroutine that has waited longest has it
        /// next.
        void unlock() noexcept {
            if (mutex_ != nullptr)
                std::exchange(mutex_, nullptr)->unlock();
        }

    private:
        friend mutex;
        explicit guard(mutex& locked) noexcept : mutex_(&locked) {}

        mutex* mutex_ = nullptr;
    };

    /// Waits for the mutex in the frame of the awaiting coroutine.
    class lock_operation final : public detail::queued_operation {
    public:
        lock_operation(mutex& locked, error_sink error)
            : detail::queued_operation("mutex::lock", locked.waiting_, error), mutex_(locked) {}

        guard await_resume() const {
            finish();
            return result() < 0 ? guard() : guard(mutex_);
        }

    private:
        bool attempt() noexcept override { return mutex_.acquire(); }

        mutex& mutex_;
    };

    /// Waits until the mutex is free, and yields a guard that holds it. Throws std::logic_error
    /// outside a loop. Awaiting it throws std::system_error if the wait is cancelled, or stores
    /// that in `error` and yields a guard that holds nothing.
    [[nodiscard]] lock_operation lock(error_sink error = throws) { return {*this, error}; }

    /// Gives a guard that holds the mutex, or holds nothing if another coroutine has the mutex or
    /// waits for it.
    [[nodiscard]] guard try_lock() noexcept { return acquire() ? guard(*this) : guard(); }

private:
    bool acquire() noexcept {
        if (locked_ || !waiting_.empty())
            return false;
        return locked_ = true;
    }

    void unlock() noexcept {
        if (waiting_.empty())
            locked_ = false;
        else
            waiting_.front().grant();  // it stays locked, for the coroutine that waited
    }

    bool locked_ = false;
    detail::queued_operation::queue waiting_;
};

}  // namespace ringlet
