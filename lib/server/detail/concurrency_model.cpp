#include "concurrency_model.hpp"
#include "available_cpus.hpp"

namespace ringlet::detail {

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
    return options.workers > 0 ? options.workers : available_cpus().size();
}

}  // namespace ringlet::detail
