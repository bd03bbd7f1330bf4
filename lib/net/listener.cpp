#include "net/detail/acceptor.hpp"
#include "net/detail/handshakes.hpp"
#include "net/detail/valid_options.hpp"

#include <ringlet/coro/shield.hpp>
#include <ringlet/net/listener.hpp>

#include <netinet/tcp.h>

#include <stdexcept>

namespace ringlet {

void detail::require_valid(const listener_options& options) {
    const auto require = [](bool holds, const char* sentence) {
        if (!holds)
            throw std::invalid_argument(std::string("listener_options: ") + sentence);
    };
    require(options.backlog > 0, "backlog must be 1 or more");
    require(options.overload_pause_first > std::chrono::milliseconds::zero() &&
                options.overload_pause_first <= options.overload_pause_max,
            "overload_pause_first must be more than 0 and at most overload_pause_max");
    detail::require_valid(options.binding);
}

bound_socket listener::open(network& net, const address& local, const listener_options& options) {
    detail::require_valid(options);
    bound_socket listening = bound_socket::open(net, local, SOCK_STREAM, options.binding);
    listen(listening, options);
    return listening;
}

void listener::listen(bound_socket& bound, const listener_options& options) {
    detail::require_valid(options);
    const address local = bound.local_address();
    try {
        if (local.family() != AF_UNIX)  // what is accepted inherits it
            bound.socket().set_option(IPPROTO_TCP, TCP_NODELAY, int{options.no_delay});
        bound.socket().listen(options.backlog);
    } catch (const std::system_error& error) {
        throw std::system_error(error.code(), "cannot listen on " + local.to_string());
    }
}

listener::listener(loop& owner, const address& local, const listener_options& options)
    : listener(owner, open(owner.net(), local, options), options) {}

listener::listener(loop& owner, bound_socket listening, const listener_options& options)
    : acceptor_((detail::require_valid(options), listening.require(SOCK_STREAM),
                 new detail::acceptor(owner.core(), std::move(listening), options))) {}

void listener::abandon::operator()(detail::acceptor* left) const noexcept {
    left->abandon();
}

detail::accept_operation listener::accept(error_sink error) {
    return {acceptor_->core(), *acceptor_, error};
}

std::optional<stream> listener::try_accept() {
    if (!acceptor_->holding())
        return std::nullopt;
    loop& owner = acceptor_->core().owner();
    return stream(owner, socket(owner.net(), acceptor_->take()));
}

std::uint64_t listener::yielded() const noexcept {
    return acceptor_->yielded();
}

void listener::on_overload(overload_handler handler) {
    acceptor_->set_overload_handler(std::move(handler));
}

address listener::local_address() const {
    return acceptor_->listening().local_address();
}

task<> listener::stop() {
    const shield stopping(acceptor_->core().owner());
    acceptor_->stop();
    co_await acceptor_->settled();
}

bool listener::is_listening() const noexcept {
    return acceptor_->listening().is_listening();
}

task<std::error_code> listener::take_backlog() {
    const shield taking(acceptor_->core().owner());
    if (acceptor_->listening().refuse_clients())
        co_await detail::end_of_handshakes(acceptor_->listening());
    co_return co_await acceptor_->take_backlog();
}

task<bound_socket> listener::release() {
    co_await stop();
    co_return acceptor_->release();
}

task<> listener::close() {
    co_await release();
}

}  // namespace ringlet
