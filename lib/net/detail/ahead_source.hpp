#pragma once

#include <ringlet/loop/detail/timer.hpp>
#include <ringlet/net/detail/next_operation.hpp>
#include <ringlet/net/detail/socket_operations.hpp>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace ringlet::detail {

/// A source of connections or datagrams, some of which come ahead: before an operation waits for
/// them. One operation at a time waits for the next. `Derived` knows how they come, and has:
///
///     loop_core& core() const;
///     bool holding() const;  // whether one has come ahead
///     int take_held();       // the number of the oldest that has come ahead
///     void start();          // has the kernel bring some, while nothing is in flight
///     static constexpr const char* already_waiting;  // the sentence for a second operation
///     static constexpr int error_when_stopped;       // the result of an operation after `stop`
template <class Derived>
class ahead_source : private timer {
public:
    ahead_source(const ahead_source&) = delete;
    ahead_source& operator=(const ahead_source&) = delete;

    /// Whether an operation need not wait, and then its result: a number or `-errno`.
    [[nodiscard]] bool available() const noexcept {
        return self().holding() || pending_error_ != 0 || stopped_;
    }
    [[nodiscard]] int take() noexcept {
        if (self().holding()) {
            ++yielded_;
            return self().take_held();
        }
        return pending_error_ != 0 ? std::exchange(pending_error_, 0) : Derived::error_when_stopped;
    }

    /// Where none is available: has `waiter` resumed with the next result. Throws std::logic_error
    /// if an operation waits already.
    void wait(next_operation<Derived>& waiter) {
        if (waiter_ != nullptr)
            throw std::logic_error(Derived::already_waiting);
        arm();
        waiter_ = &waiter;
    }
    void stop_waiting() noexcept { waiter_ = nullptr; }

    /// How many things have been taken, or given to an operation that waited.
    [[nodiscard]] std::uint64_t yielded() const noexcept { return yielded_; }

    /// Ends the bringing: the operation that waits is cancelled, and nothing comes any more once
    /// `settled` has been awaited. What has come until then can still be taken.
    void stop() {
        stopped_ = true;
        if (std::exchange(pausing_, false))
            self().core().timers().disarm(*this);
        in_flight_.cancel();
        if (waiter_ != nullptr)
            std::exchange(waiter_, nullptr)->resume_later(-ECANCELED);
    }
    [[nodiscard]] settled_operation settled() noexcept { return in_flight_.settled(self().core()); }

protected:
    ahead_source() noexcept = default;
    ~ahead_source() = default;

    /// Whether an operation waits, whether the kernel brings some, and whether `stop` was called.
    [[nodiscard]] bool awaited() const noexcept { return waiter_ != nullptr; }
    [[nodiscard]] bool armed() const noexcept { return !in_flight_.empty(); }
    [[nodiscard]] bool stopped() const noexcept { return stopped_; }

    /// Starts, unless the kernel brings some already or a pause is on.
    void arm() {
        if (!armed() && !pausing_)
            self().start();
    }
    void arm_if_awaited() {
        if (awaited())
            arm();
    }

    /// Begins a pause, after which it arms if an operation waits.
    void arm_after(std::chrono::milliseconds pause) noexcept {
        if (std::exchange(pausing_, true))
            return;
        self().core().timers().arm(*this, self().core().now() + pause);
    }

    /// Resumes the operation that waits. Its coroutine may go so far as to destroy the source: the
    /// caller does nothing more.
    void give(int result) {
        next_operation<Derived>& waiter = *std::exchange(waiter_, nullptr);
        waiter.result_ = result;
        waiter.resume();
    }

    /// Keeps an error of errno(3) for the next operation.
    void set_pending_error(int error) noexcept { pending_error_ = -error; }

    /// For what is given to an operation without having been taken.
    void count_yielded() noexcept { ++yielded_; }

    socket_operations in_flight_;  // the operations with which the kernel brings some

private:
    void expire() override {
        pausing_ = false;
        arm_if_awaited();
    }

    [[nodiscard]] Derived& self() noexcept { return static_cast<Derived&>(*this); }
    [[nodiscard]] const Derived& self() const noexcept {
        return static_cast<const Derived&>(*this);
    }

    next_operation<Derived>* waiter_ = nullptr;
    std::uint64_t yielded_ = 0;
    int pending_error_ = 0;  // `-errno` for the next operation
    bool pausing_ = false;
    bool stopped_ = false;
};

template <class Source>
bool next_operation<Source>::await_ready() noexcept {
    if (!admit())
        return core_->may_complete_inline();
    if (!source_.available() || !core_->may_complete_inline())
        return false;
    result_ = source_.take();
    return true;
}

template <class Source>
void next_operation<Source>::await_suspend(suspension waiter) {
    if (refused()) {
        static_cast<void>(refuse(waiter));
    } else if (source_.available()) {
        suspend(waiter);
        resume_later(source_.take());
    } else {
        source_.wait(*this);
        suspend(waiter);
    }
}

template <class Source>
void next_operation<Source>::cancel() {
    source_.stop_waiting();
    resume_later(-ECANCELED);
}

}  // namespace ringlet::detail
