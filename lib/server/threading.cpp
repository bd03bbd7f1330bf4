#include <ringlet/server/threading.hpp>

#include <stdexcept>

namespace ringlet {

server_options detail::in_threads(server_options options) {
    switch (options.concurrency) {
    case concurrency::loop:
        options.concurrency = concurrency::threads;
        [[fallthrough]];
    case concurrency::threads:
    case concurrency::thread_per_request:
        return options;
    default:
        throw std::invalid_argument("server_options: a threading server has threads or "
                                    "thread_per_request; take a forking one instead");
    }
}

}  // namespace ringlet
