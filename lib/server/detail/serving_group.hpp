#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/server/server.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <vector>

namespace ringlet::detail {

/// Servers that serve in one loop and stop together: the first failure of a server shuts all of
/// them down.
///
/// One thread: the loop's.
class serving_group {
public:
    /// Throws std::invalid_argument, in the name of `caller`, where a server is named twice.
    serving_group(std::vector<server*> servers, const char* caller);
    serving_group(const serving_group&) = delete;
    serving_group& operator=(const serving_group&) = delete;
    ~serving_group() = default;

    /// Serves with all servers to their end, and throws the first failure then. Calls `ready` once
    /// every server is bound, unless one has failed by then; what it throws ends the serving as a
    /// failure of a server does. `conduct` runs meanwhile, and is cancelled when no server is left.
    task<> serve(const std::function<void()>& ready, task<> conduct);

    /// Shuts down those servers that still serve, each with its own `drain_timeout`. A shutdown of
    /// another server would end its next period of serving.
    void shut_down() noexcept;

    /// Shuts down those servers that still serve.
    void shut_down(std::chrono::nanoseconds grace) noexcept;

    /// The servers that still serve, or have not begun to.
    [[nodiscard]] const std::vector<server*>& serving() const noexcept { return serving_; }

private:
    task<> serve_all(const std::function<void()>& ready);
    task<> serve_one(server& served);
    void tell_ready(const std::function<void()>& ready);
    void failed() noexcept;

    std::vector<server*> serving_;
    std::exception_ptr failure_;
};

}  // namespace ringlet::detail
