#include "listening_socket.hpp"
#include "concurrency_model.hpp"

#include <utility>

namespace ringlet::detail {

listening_socket::listening_socket(const address& wanted, int type, const server_options& options,
                                   const concurrency_model& concurrency)
    : wanted_(wanted), type_(type), options_(options), concurrency_(concurrency) {}

bound_socket listening_socket::bind_to(const address& local) const {
    bind_options binding =
        type_ == SOCK_DGRAM ? options_.datagrams.binding : options_.listening.binding;
    concurrency_.prepare(binding, local);
    network& net = options_.net != nullptr ? *options_.net : network::current();
    return bound_socket::open(net, local, type_, binding);
}

void listening_socket::set(bound_socket bound) {
    addresses_.push_front(bound.local_address());
    address_.store(&addresses_.front(), std::memory_order_release);
    socket_ = std::move(bound);
    descriptor_.store(socket_.native_handle(), std::memory_order_release);
}

void listening_socket::close() noexcept {
    descriptor_.store(-1, std::memory_order_release);
    socket_ = {};
}

}  // namespace ringlet::detail
