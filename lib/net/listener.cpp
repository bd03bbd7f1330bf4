#include "acceptor.hpp"

#include <ringlet/coro/shield.hpp>
#include <ringlet/loop/yield_operation.hpp>
#include <ringlet/net/listener.hpp>

#include <netinet/tcp.h>

#include <stdexcept>

namespace ringlet {

namespace {

void validate(const listener_options& options) {
    const auto require = [](bool holds, const char* sentence) {
        if (!holds)
            throw std::invalid_argument(std::string("listener_options: ") + sentence);
    };
    require(options.backlog > 0, "backlog must be 1 or more");
    require(options.overload_pause_first > std::chrono::milliseconds::zero() &&
                options.overload_pause_first <= options.overload_pause_max,
            "overload_pause_first must be more than 0 and at most overload_pause_max");
}

}  // namespace

socket listener::open(network& net, const address& local, const listener_options& options) {
    validate(options);
    if (local.family() == AF_UNSPEC)
        throw std::invalid_argument("listener: the address to listen on is missing");
    try {
        socket listening = socket::open(net, local.family(), SOCK_STREAM);
        if (local.family() != AF_UNIX) {
            listening.set_option(SOL_SOCKET, SO_REUSEADDR, int{options.reuse_address});
            listening.set_option(SOL_SOCKET, SO_REUSEPORT, int{options.reuse_port});
            listening.set_option(IPPROTO_TCP, TCP_NODELAY, int{options.no_delay});  // inherited
        }
        if (local.family() == AF_INET6)
            listening.set_option(IPPROTO_IPV6, IPV6_V6ONLY, int{options.v6_only});
        listening.bind(local);
        listening.listen(options.backlog);
        return listening;
    } catch (const std::system_error& error) {
        throw std::system_error(error.code(), "cannot listen on " + local.to_string());
    }
}

listener::listener(loop& owner, const address& local, const listener_options& options)
    : listener(owner, open(owner.net(), local, options), options) {}

listener::listener(loop& owner, socket listening, const listener_options& options)
    : acceptor_((validate(options), new acceptor(owner, std::move(listening), options))) {}

void listener::abandon::operator()(acceptor* left) const noexcept {
    left->abandon();
}

accept_operation listener::accept() {
    return {acceptor_->owner(), *acceptor_, nullptr};
}

accept_operation listener::accept(std::error_code& error) {
    return {acceptor_->owner(), *acceptor_, &error};
}

void listener::on_overload(overload_handler handler) {
    acceptor_->set_overload_handler(std::move(handler));
}

address listener::local_address() const {
    return acceptor_->listening().local_address();
}

task<socket> listener::release() {
    const shield uncancelled(acceptor_->owner());
    acceptor_->stop();
    while (acceptor_->armed())
        co_await yield_operation(acceptor_->owner());
    co_return acceptor_->release();
}

task<> listener::close() {
    co_await release();
}

}  // namespace ringlet
