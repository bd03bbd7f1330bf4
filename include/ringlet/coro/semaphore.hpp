#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/detail/queued_operation.hpp>

#include <cstddef>

namespace ringlet {

/// A number of permits that coroutines of one loop take and give back. A coroutine that finds none
/// waits; first come, first served.
///
/// One thread: the loop's. Lifetime: the semaphore outlives the coroutines that wait for it.
class semaphore {
public:
    /// Makes a semaphore with so many free permits.
    explicit semaphore(std::size_t permits) noexcept : permits_(permits) {}
    semaphore(const semaphore&) = delete;
    semaphore& operator=(const semaphore&) = delete;

    /// Waits for a permit in the frame of the awaiting coroutine.
    class acquire_operation final : public detail::queued_operation {
    public:
        acquire_operation(semaphore& from, error_sink error)
            : detail::queued_operation("semaphore::acquire", from.waiting_, error),
              semaphore_(from) {}

        void await_resume() const { finish(); }

    private:
        bool attempt() noexcept override { return semaphore_.try_acquire(); }

        semaphore& semaphore_;
    };

    /// Takes a permit, and waits until there is one. Throws std::logic_error outside a loop.
    /// Awaiting it throws std::system_error if the wait is cancelled, or stores that in `error`;
    /// then no permit is taken.
    [[nodiscard]] acquire_operation acquire(error_sink error = throws) { return {*this, error}; }

    /// Takes a permit if one is free and no coroutine waits for it. Whether it was taken.
    [[nodiscard]] bool try_acquire() noexcept {
        if (permits_ == 0 || !waiting_.empty())
            return false;
        --permits_;
        return true;
    }

    /// Gives back `count` permits. Coroutines that wait get them first.
    void release(std::size_t count = 1) noexcept {
        for (; count > 0 && !waiting_.empty(); --count)
            waiting_.front().grant();
        permits_ += count;
    }

    /// How many permits are free.
    [[nodiscard]] std::size_t available() const noexcept { return permits_; }

private:
    std::size_t permits_;
    detail::queued_operation::queue waiting_;
};

}  // namespace ringlet
