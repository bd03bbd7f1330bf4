#include <ringlet/coro/shield.hpp>
#include <ringlet/net/stream.hpp>

#include <netinet/tcp.h>

namespace ringlet {

namespace {

/// Calls `ask`; what it throws is a client_failure on the stream of a server's client.
template <class Ask>
auto asked(const detail::direction& way, const char* what, const Ask& ask) {
    try {
        return ask();
    } catch (const std::system_error& failure) {
        if (!way.of_client())
            throw;
        throw detail::client_failure(failure.code(), what);
    }
}

}  // namespace

stream::stream(loop& owner, std::unique_ptr<stream_layer> layer)
    : core_(&owner.core()),
      sides_(std::make_unique<detail::layer_sides>(owner.core(), std::move(layer))) {
    incoming_.stand_on(&sides_->incoming);
    outgoing_.stand_on(&sides_->outgoing);
    if (bottom().incoming_.of_client())
        set_of_client();
    if (stream* const below = sides_->layer->below())
        facts_ = std::move(below->facts_);
}

stream& stream::bottom() noexcept {
    stream* lowest = this;
    while (stream_layer* const layer = lowest->layer()) {
        stream* const below = layer->below();
        if (below == nullptr)
            break;
        lowest = below;
    }
    return *lowest;
}

const stream& stream::bottom() const noexcept {
    return const_cast<stream*>(this)->bottom();
}

/// The socket that takes an option; `caller` sets it.
ringlet::socket& stream::socket_for(const char* caller) {
    stream& lowest = bottom();
    if (lowest.layer() != nullptr)
        throw std::system_error(std::make_error_code(std::errc::operation_not_supported),
                                std::string(caller) + ": the stream has no socket");
    return lowest.socket_;
}

address stream::local_address() const {
    const stream& lowest = bottom();
    return lowest.layer() != nullptr ? address() : lowest.socket_.local_address();
}

address stream::peer_address() const {
    const stream& lowest = bottom();
    if (lowest.layer() != nullptr)
        return {};
    return asked(incoming_, "getpeername", [&] { return lowest.socket_.peer_address(); });
}

task<> stream::close() {
    return end(&stream_layer::close);
}

task<> stream::abort() {
    try {
        if (socket_.is_open())
            set_reset_on_close(true);
    } catch (const std::system_error&) {
        // then the peer sees the end
    }
    return end(&stream_layer::abort);
}

task<> stream::end(task<> (stream_layer::*end_layer)()) {
    const shield closing(owner());
    // close(2) would end nothing that is pending, nor tell the peer while it is. And shutdown(2)
    // would have a receive end as if the peer had ended the stream.
    while (!idle()) {
        incoming_.cancel();
        outgoing_.cancel();
        co_await incoming_.settled(*core_);
        co_await outgoing_.settled(*core_);
    }
    if (socket_.is_open()) {
        // Here and now: a turn of its own would cost a short connection more than the call does,
        // which waits for nothing in the ring either. Whatever it reports, the descriptor is gone.
        socket_.net().close(socket_.release());
    } else if (sides_ != nullptr) {
        // The stream is closed from here on: nobody else begins anything on the layer.
        const auto ended = std::move(sides_);
        incoming_.stand_on(nullptr);
        outgoing_.stand_on(nullptr);
        co_await (ended->layer.get()->*end_layer)();
    }
}

ringlet::socket stream::release() noexcept {
    detail::check(idle(),
                  "a stream gave its socket away while an operation on it was pending; await the "
                  "operation first");
    detail::check(sides_ == nullptr,
                  "a stream that stands on a layer has no socket to give away; release() is for "
                  "streams on sockets");
    return std::move(socket_);
}

ringlet::peer_credentials stream::peer_credentials() const {
    // TCP does not refuse: it answers with nobody.
    const stream& lowest = bottom();
    if (lowest.layer() != nullptr ||
        lowest.socket_.get_option<int>(SOL_SOCKET, SO_DOMAIN) != AF_UNIX)
        throw std::system_error(std::make_error_code(std::errc::operation_not_supported),
                                "peer_credentials: this is not a Unix stream");
    const auto peer = lowest.socket_.get_option<ucred>(SOL_SOCKET, SO_PEERCRED);
    return {.pid = peer.pid, .uid = peer.uid, .gid = peer.gid};
}

void stream::set_no_delay(bool on) {
    socket_for("set_no_delay").set_option(IPPROTO_TCP, TCP_NODELAY, int{on});
}

void stream::set_keep_alive(bool on) {
    socket_for("set_keep_alive").set_option(SOL_SOCKET, SO_KEEPALIVE, int{on});
}

void stream::set_receive_buffer_size(int bytes) {
    socket_for("set_receive_buffer_size").set_option(SOL_SOCKET, SO_RCVBUF, bytes);
}

void stream::set_send_buffer_size(int bytes) {
    socket_for("set_send_buffer_size").set_option(SOL_SOCKET, SO_SNDBUF, bytes);
}

void stream::set_reset_on_close(bool on) {
    socket_for("set_reset_on_close")
        .set_option(SOL_SOCKET, SO_LINGER, linger{.l_onoff = int{on}, .l_linger = 0});
}

}  // namespace ringlet
