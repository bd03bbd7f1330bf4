#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/detail/queued_operation.hpp>

#include <cstddef>
#include <utility>

namespace ringlet {

/// A number of permits that coroutines of one loop take and give back. A coroutine that finds none
/// waits; first come, first served.
///
///     const auto permit = co_await connections.hold();     // until the end of the block
///
/// One thread: the loop's. Lifetime: the semaphore outlives the coroutines that wait for it.
class semaphore {
public:
    /// Makes a semaphore with so many free permits.
    explicit semaphore(std::size_t permits) noexcept : permits_(permits) {}
    semaphore(const semaphore&) = delete;
    semaphore& operator=(const semaphore&) = delete;

    /// Holds a permit, and gives it back when it is destroyed. After a `hold` that was cancelled it
    /// holds nothing.
    ///
    /// One thread: the loop's. Lifetime: it ends before the semaphore.
    class [[nodiscard]] permit {
    public:
        /// Holds nothing.
        permit() noexcept = default;
        permit(permit&& other) noexcept : semaphore_(std::exchange(other.semaphore_, nullptr)) {}
        permit& operator=(permit&& other) noexcept {
            std::swap(semaphore_, other.semaphore_);
            return *this;
        }
        ~permit() { release(); }

        /// Whether it holds a permit.
        [[nodiscard]] explicit operator bool() const noexcept { return semaphore_ != nullptr; }

        /// Gives the permit back, if it holds one.
        void release() noexcept {
            if (semaphore_ != nullptr)
                std::exchange(semaphore_, nullptr)->release();
        }

    private:
        friend semaphore;
        explicit permit(semaphore& from) noexcept : semaphore_(&from) {}

        semaphore* semaphore_ = nullptr;
    };

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

    /// Waits for a permit that is to be held, in the frame of the awaiting coroutine.
    class hold_operation final : public detail::queued_operation {
    public:
        hold_operation(semaphore& from, error_sink error)
            : detail::queued_operation("semaphore::hold", from.waiting_, error), semaphore_(from) {}

        permit await_resume() const {
            finish();
            return result() < 0 ? permit() : permit(semaphore_);
        }

    private:
        bool attempt() noexcept override { return semaphore_.try_acquire(); }

        semaphore& semaphore_;
    };

    /// Takes a permit, waits until there is one, and yields an object that gives it back. Throws
    /// std::logic_error outside a loop. Awaiting it throws std::system_error if the wait is
    /// cancelled, or stores that in `error` and yields an object that holds nothing.
    [[nodiscard]] hold_operation hold(error_sink error = throws) { return {*this, error}; }

    /// Takes a permit if one is free and no coroutine waits for it, and gives an object that gives
    /// it back; else the object holds nothing.
    [[nodiscard]] permit try_hold() noexcept { return try_acquire() ? permit(*this) : permit(); }

    /// Takes a permit, and waits until there is one. The caller gives it back, by `release`, even
    /// where an exception ends the caller; `hold` sees to that. Throws std::logic_error outside a
    /// loop. Awaiting it throws std::system_error if the wait is cancelled, or stores that in
    /// `error`; then no permit is taken.
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
