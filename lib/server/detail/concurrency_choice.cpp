#include "concurrency_choice.hpp"
#include "available_cpus.hpp"
#include "dedicated_threads.hpp"
#include "request_children.hpp"
#include "worker_threads.hpp"

#include <algorithm>

namespace ringlet::detail {

std::size_t worker_count(const server_options& options) {
    return options.workers > 0 ? options.workers : available_cpus().size();
}

std::size_t children_max(const server_options& options) {
    switch (options.concurrency) {
    case concurrency::forks:
        return std::max(worker_count(options), options.max_children);
    case concurrency::fork_per_request:
        return std::min(options.max_children, options.max_connections);
    default:
        return 0;
    }
}

bool workers_share_address(const server_options& options) noexcept {
    return options.concurrency == concurrency::threads &&
           options.to_workers == server_options::hand_over::reuse_port;
}

bool workers_take_requests(const server_options& options) noexcept {
    return options.concurrency == concurrency::forks || workers_share_address(options);
}

bool in_processes(const server_options& options) noexcept {
    return options.concurrency == concurrency::forks ||
           options.concurrency == concurrency::fork_per_request;
}

std::unique_ptr<executor> make_executor(loop& owner, const server_options& options,
                                        child_accounts& accounts,
                                        std::function<void(std::size_t slot)> enter_child,
                                        int shared_with_children) {
    const auto at_most = [&](std::size_t limit) {
        return std::min(limit, options.max_connections);
    };
    switch (options.concurrency) {
    case concurrency::threads:
        return std::make_unique<worker_threads>(owner, options.max_connections,
                                                worker_count(options), options.pin_workers,
                                                options.loop);
    case concurrency::thread_per_request:
        return std::make_unique<dedicated_threads>(owner, at_most(options.max_threads),
                                                   options.loop);
    case concurrency::forks:  // one request of a pool's
    case concurrency::fork_per_request:
        return std::make_unique<request_children>(owner, at_most(options.max_children), options,
                                                  accounts, std::move(enter_child),
                                                  shared_with_children);
    default:
        return std::make_unique<executor>(owner, options.max_connections);
    }
}

}  // namespace ringlet::detail
