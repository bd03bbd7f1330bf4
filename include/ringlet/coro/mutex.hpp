#pragma once

#include <ringlet/coro/detail/queued_operation.hpp>

#include <utility>

namespace ringlet {

/// Lets one coroutine at a time through a stretch of code that awaits in its midst; the others
/// wait, first come, first served. It guards nothing against other threads.
///
///     const auto lock = co_await mutex.lock();     // until `lock` goes
///
/// One thread: the loop's. Lifetime: outlives those who wait for it and every lock.
class mutex {
public:
    mutex() noexcept = default;
    mutex(const mutex&) = delete;
    mutex& operator=(const mutex&) = delete;

    /// The right to be the one, given back when it is destroyed. Empty after a cancelled `lock`.
    class guard {
    public:
        guard() noexcept = default;
        guard(guard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
        guard& operator=(guard&& other) noexcept {
            std::swap(mutex_, other.mutex_);
            return *this;
        }
        ~guard() { unlock(); }

        [[nodiscard]] bool owns_lock() const noexcept { return mutex_ != nullptr; }

        void unlock() noexcept {
            if (mutex_ != nullptr)
                std::exchange(mutex_, nullptr)->unlock();
        }

    private:
        friend mutex;
        explicit guard(mutex& locked) noexcept : mutex_(&locked) {}

        mutex* mutex_ = nullptr;
    };

    class lock_operation final : public detail::queued_operation {
    public:
        lock_operation(mutex& locked, std::error_code* error)
            : detail::queued_operation("mutex::lock", locked.waiting_, error), mutex_(locked) {}

        guard await_resume() const {
            finish();
            return result() < 0 ? guard() : guard(mutex_);
        }

    private:
        bool attempt() noexcept override { return mutex_.take(); }

        mutex& mutex_;
    };

    /// Waits for its turn. Throws std::logic_error outside a loop; awaiting it throws
    /// std::system_error if it is cancelled, or stores that in `error` and yields an empty guard.
    [[nodiscard]] lock_operation lock() { return {*this, nullptr}; }
    [[nodiscard]] lock_operation lock(std::error_code& error) { return {*this, &error}; }

    /// A guard if nobody is inside or waits, otherwise an empty one.
    [[nodiscard]] guard try_lock() noexcept { return take() ? guard(*this) : guard(); }

private:
    bool take() noexcept {
        if (locked_ || !waiting_.empty())
            return false;
        return locked_ = true;
    }

    void unlock() noexcept {
        if (waiting_.empty())
            locked_ = false;
        else
            waiting_.front().grant();  // it stays locked, for the next one
    }

    bool locked_ = false;
    detail::queued_operation::queue waiting_;
};

}  // namespace ringlet
