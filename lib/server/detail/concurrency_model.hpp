#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/server/server_options.hpp>

#include <cstddef>

namespace ringlet::detail {

class serving_period;

/// A kind of concurrency: the whole way from a server's listening socket to its handlers. Each kind
/// is a file in `concurrency/`.
///
/// Thread-safe: a model has no state.
class concurrency_model {
public:
    concurrency_model() = default;
    concurrency_model(const concurrency_model&) = delete;
    concurrency_model& operator=(const concurrency_model&) = delete;

    /// Serves in the loop that runs in this thread, until a shutdown is requested and all requests
    /// and workers have ended. Throws the error that keeps it from going on.
    [[nodiscard]] virtual task<> serve(serving_period& period) const = 0;

    /// The number of forked children that may live at a time.
    [[nodiscard]] virtual std::size_t children_max(const server_options& /*options*/) const {
        return 0;
    }

    /// Adapts the options for binding the listening socket. Throws std::invalid_argument for an
    /// address that this kind of concurrency cannot serve.
    virtual void prepare(bind_options& /*binding*/, const address& /*local*/) const {}

protected:
    ~concurrency_model() = default;
};

[[nodiscard]] const concurrency_model& concurrency_in_loop() noexcept;
[[nodiscard]] const concurrency_model& concurrency_in_threads() noexcept;
[[nodiscard]] const concurrency_model& concurrency_by_reuse_port() noexcept;
[[nodiscard]] const concurrency_model& concurrency_by_thread_per_request() noexcept;
[[nodiscard]] const concurrency_model& concurrency_in_forks() noexcept;
[[nodiscard]] const concurrency_model& concurrency_by_fork_per_request() noexcept;

/// The model that the options ask for.
[[nodiscard]] const concurrency_model& concurrency_of(const server_options& options) noexcept;

/// The model for the single request of `handle_request`. It accepts in the serving loop, since
/// workers that accept by themselves would accept one request each.
[[nodiscard]] const concurrency_model&
concurrency_of_one_request(const server_options& options) noexcept;

/// The number of workers in a pool.
[[nodiscard]] std::size_t worker_count(const server_options& options);

}  // namespace ringlet::detail
