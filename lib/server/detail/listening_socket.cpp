#include "listening_socket.hpp"
#include "concurrency_model.hpp"
#include "net/detail/hand_over_mark.hpp"

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
    std::shared_ptr<hand_over_mark> mark = bound.mark();
    addresses_.push_front(bound.local_address());
    address_.store(&addresses_.front(), std::memory_order_release);
    socket_ = std::move(bound);
    mark_ = std::move(mark);
    descriptor_.store(socket_.native_handle(), std::memory_order_release);
}

bool listening_socket::is_owned() const noexcept {
    return mark_ && !mark_->is_set();
}

void listening_socket::share(bool shared) noexcept {
    if (mark_)
        mark_->set(shared);
}

void listening_socket::close() noexcept {
    mark_.reset();
    descriptor_.store(-1, std::memory_order_release);
    socket_ = {};
}

}  // namespace ringlet::detail
