#include <ringlet/server/forking.hpp>

#include <stdexcept>

namespace ringlet {

server_options detail::in_children(server_options options) {
    switch (options.concurrency) {
    case concurrency::loop:
        options.concurrency = concurrency::fork_per_request;
        [[fallthrough]];
    case concurrency::forks:
    case concurrency::fork_per_request:
        return options;
    default:
        throw std::invalid_argument("server_options: a forking server has forks or "
                                    "fork_per_request; take a threading one instead");
    }
}

}  // namespace ringlet
