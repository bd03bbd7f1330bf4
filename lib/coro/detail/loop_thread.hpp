#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/loop/loop.hpp>

#include <functional>
#include <future>
#include <optional>
#include <thread>

namespace ringlet::detail {

class stand_in;

/// A thread that runs one coroutine in a loop of its own, and then ends. It leaves signals to the
/// program's other threads. Where a simulation runs in the thread that makes this object, there is
/// only the loop, which the simulation turns in that thread.
///
/// One thread: the one that makes it.
class loop_thread {
public:
    /// Starts the thread, bound to `cpu` if one is given, and begins the coroutine `body()` there,
    /// which must not throw. It returns once the coroutine has suspended for the first time, or
    /// ended. The callable lives as long as the coroutine. Throws std::system_error where the
    /// system has no thread left, and the exceptions of the loop's constructor.
    loop_thread(const loop_options& options, std::optional<unsigned> cpu,
                std::function<task<>()> body);
    loop_thread(const loop_thread&) = delete;
    loop_thread& operator=(const loop_thread&) = delete;

    /// Waits for the end of the coroutine, which something must have brought about.
    ~loop_thread();

    /// Waits for the end of the coroutine and of the thread; no effect after the first call.
    void join();

private:
    void start_thread(const loop_options& options, std::optional<unsigned> cpu);
    void run(const loop_options& options, std::optional<unsigned> cpu,
             std::promise<void>& begun) noexcept;
    void begin_in_simulation(const loop_options& options);

    std::function<task<>()> body_;
    bool done_ = false;  // the coroutine has ended; read and written in its thread
    std::thread thread_;
    stand_in* const simulation_;
    std::optional<loop> loop_;  // of the simulation
};

}  // namespace ringlet::detail
