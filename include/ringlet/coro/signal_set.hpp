#pragma once

#include <ringlet/loop/detail/ring_operation.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace ringlet {

/// While one lives, the program's signals of certain numbers do nothing but be awaited here:
///
///     ringlet::signal_set stop(SIGINT, SIGTERM);
///     const int number = co_await stop.wait();
///
/// A signal that comes while nobody waits is remembered; of those of one number that come before
/// the next `wait`, one, as the kernel does it too (signal(7)). Where several sets have a number,
/// each gets its signals. What a signal did before, it does again after the last set with it.
///
/// It is a handler that notes them (sigaction(2), with SA_RESTART), in whatever thread the kernel
/// chooses: no thread has to block them, nothing is inherited by programs that are executed. In a
/// child after fork(2) no set lives, and its parent's must not be awaited; their end is harmless.
///
/// One thread at a time, but for making and ending. Lifetime: outlives who waits for it.
class signal_set {
public:
    /// How many sets a process can have at a time.
    static constexpr std::size_t sets_max = 64;

    /// Throws std::invalid_argument for what is not a signal, or none that can be awaited: SIGKILL,
    /// SIGSTOP, and those that a thread's own fault raises; std::system_error where there are
    /// `sets_max` already or there is no descriptor left.
    template <std::same_as<int>... Numbers>
    requires(sizeof...(Numbers) > 0) explicit signal_set(Numbers... numbers)
        : signal_set(numbers_mask((bit(numbers) | ...))) {}
    signal_set(const signal_set&) = delete;
    signal_set& operator=(const signal_set&) = delete;
    ~signal_set();

    class wait_operation final : public detail::ring_operation {
    public:
        wait_operation(detail::loop_core& core, signal_set& awaited,
                       std::error_code* error) noexcept
            : detail::ring_operation(core, never_enough), set_(awaited), error_(error) {}

        [[nodiscard]] bool await_ready() noexcept;
        void await_suspend(detail::suspension waiter);
        int await_resume();

    private:
        void prepare(io_uring_sqe& sqe) override;
        void complete(const detail::completion& cqe) override;

        signal_set& set_;
        std::error_code* error_;
        std::uint64_t count_ = 0;
    };

    /// Waits for the next signal and yields its number; of several that have come, the lowest.
    /// Throws std::logic_error outside a loop; awaiting it throws that too if another coroutine
    /// waits already, and std::system_error if it is cancelled, or stores that in `error` and
    /// yields 0. Cancelling never loses a signal.
    [[nodiscard]] wait_operation wait();
    [[nodiscard]] wait_operation wait(std::error_code& error);

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
