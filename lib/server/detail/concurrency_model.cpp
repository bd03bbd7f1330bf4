#include "concurrency_model.hpp"
#include "available_cpus.hpp"
#include "base/detail/stand_in.hpp"

namespace ringlet::detail {

namespace {

// What a simulation does must not depend on the machine.
constexpr std::size_t workers_in_simulation = 2;

}  // namespace

const concurrency_model& concurrency_of(const server_options& options) noexcept {
    switch (options.concurrency) {
    case concurrency::threads:
        return options.to_workers == server_options::hand_over::reuse_port
                   ? concurrency_by_reuse_port()
                   : concurrency_in_threads();
    case concurrency::forks:
        return concurrency_in_forks();
    default:
        return concurrency_of_one_request(options);
    }
}

const concurrency_model& concurrency_of_one_request(const server_options& options) noexcept {
    switch (options.concurrency) {
    case concurrency::threads:
        return concurrency_in_threads();
    case concurrency::thread_per_request:
        return concurrency_by_thread_per_request();
    case concurrency::forks:
    case concurrency::fork_per_request:
        return concurrency_by_fork_per_request();
    default:
        return concurrency_in_loop();
    }
}

std::size_t worker_count(const server_options& options) {
    if (options.workers > 0)
        return options.workers;
    return stand_in::current() == nullptr ? available_cpus().size() : workers_in_simulation;
}

}  // namespace ringlet::detail
