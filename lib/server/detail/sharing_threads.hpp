#pragma once

#include "worker_threads.hpp"

#include <ringlet/net/bound_socket.hpp>
#include <ringlet/server/detail/shutdown_signal.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <vector>

namespace ringlet::detail {

/// A pool of threads, each of which serves by itself, from a socket of its own.
class sharing_threads final : public workload {
public:
    /// Serves what comes from a socket until a shutdown is requested.
    using serving = std::function<task<>(bound_socket& from, shutdown_signal& requested)>;

    /// Starts a thread for `first` and for each of `others`, which share an address. Throws as
    /// worker_thread does.
    sharing_threads(loop& owner, bound_socket& first, std::vector<bound_socket> others, bool pinned,
                    const loop_options& options, serving serve);

    void drain(loop::clock::time_point deadline) override;
    void cancel() override { request_all(std::chrono::nanoseconds::zero()); }
    task<> join() override;

private:
    struct worker {
        bound_socket* from = nullptr;
        shutdown_signal requested;
        std::exception_ptr failure;
    };

    task<> run(worker& self);
    void request_all(std::chrono::nanoseconds grace) noexcept;

    loop& owner_;
    std::vector<bound_socket> others_;
    serving serve_;
    std::vector<std::unique_ptr<worker>> workers_;
    worker_threads threads_;
};

}  // namespace ringlet::detail
