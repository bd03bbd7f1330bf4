#include <ringlet/server/detail/with_concurrency.hpp>

#include <stdexcept>

namespace ringlet::detail {

server_options limit_concurrency(server_options options, concurrency usual, concurrency other) {
    if (options.concurrency == concurrency::loop)
        options.concurrency = usual;
    if (options.concurrency == usual || options.concurrency == other)
        return options;
    throw std::invalid_argument(usual == concurrency::threads
                                    ? "server_options: a threading server has threads or "
                                      "thread_per_request; take a forking one instead"
                                    : "server_options: a forking server has forks or "
                                      "fork_per_request; take a threading one instead");
}

}  // namespace ringlet::detail
