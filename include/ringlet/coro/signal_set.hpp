#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/ring_operation.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace ringlet {

/// Catches signals of certain numbers while it lives, so that they have no effect but that a
/// coroutine can await them:
///
///     ringlet::signal_set stop(SIGINT, SIGTERM);
///     const int number = co_await stop.wait();
///
/// A signal that comes while no coroutine waits is remembered. Several signals of one number that
/// come before the next `wait` count as one, as in the kernel (signal(7)). If several sets have a
/// number, each of them gets its signals. When the last set with a number ends, its signals have
/// the effect again that they had before.
///
/// A signal handler notes the signals (sigaction(2), with SA_RESTART), in the thread that the
/// kernel chooses: no thread has to block them, and executed programs inherit nothing. Where the
/// thread that makes a set blocks its signals, as the program's launcher may have left it, they are
/// unblocked, and blocked again after the last set. In a child after fork(2) signals have their
/// earlier effects again; a set of the parent must not be awaited there, but may be destroyed.
///
/// Sets can be made and destroyed in any thread; one set is used by one thread at a time. Lifetime:
/// the set outlives the coroutine that waits for it.
class signal_set {
public:
    /// How many sets a process can have at a time, at most.
    static constexpr std::size_t sets_max = 64;

    /// Makes a set of signals with these numbers. Throws std::invalid_argument for a number that is
    /// no signal, or a signal that cannot be awaited: SIGKILL, SIGSTOP, and the signals that a
    /// thread's own fault raises. Throws std::system_error if there are `sets_max` sets already, or
    /// if there is no descriptor left.
    template <std::same_as<int>... More>
    explicit signal_set(int number, More... more)
        : signal_set(numbers_mask((bit(number) | ... | bit(more)))) {}
    signal_set(const signal_set&) = delete;
    signal_set& operator=(const signal_set&) = delete;
    ~signal_set();

    /// Waits for a signal in the frame of the awaiting coroutine.
    class wait_operation final : public detail::ring_operation {
    public:
        wait_operation(detail::loop_core& core, signal_set& awaited, error_sink error) noexcept
            : detail::ring_operation(core, never_enough), set_(awaited), error_(error) {}

        [[nodiscard]] bool await_ready() noexcept;
        void await_suspend(detail::suspension waiter);
        int await_resume();

    private:
        void prepare(io_uring_sqe& sqe) override;
        void complete(const detail::completion& cqe) override;

        signal_set& set_;
        error_sink error_;
        std::uint64_t count_ = 0;
    };

    /// Waits for the next signal and yields its number; if several have come, the lowest number.
    /// Throws std::logic_error outside a loop. Awaiting it throws std::logic_error if another
    /// coroutine waits already, and std::system_error if the wait is cancelled, or stores that in
    /// `error` and yields 0. Cancelling never loses a signal.
    [[nodiscard]] wait_operation wait(error_sink error = throws);

private:
    class slot;
    class table;
    enum class numbers_mask : std::uint64_t {};

    explicit signal_set(numbers_mask numbers);

    [[nodiscard]] static std::uint64_t bit(int number);

    slot& slot_;
    unsigned process_;
    wait_operation* waiting_ = nullptr;
};

}  // namespace ringlet
