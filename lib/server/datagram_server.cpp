#include "coro/detail/detached.hpp"
#include "server/detail/bounded_dispatcher.hpp"
#include "server/detail/counter_slot.hpp"
#include "server/detail/deadline_or_never.hpp"
#include "server/detail/request_source.hpp"
#include "server/detail/take_steps.hpp"
#include "server/detail/waiting_replies.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/datagram_receiver.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/server/datagram_server.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace ringlet {

namespace {

// What Unix clients have been sent and have not received takes room in the server's send buffer,
// and nobody is answered while that is full. Linux's default of 208 KiB is full of 278 short
// datagrams; the queue of one client often has 512 (net.unix.max_dgram_qlen), and has no limit if
// that client is connected.
constexpr int unix_send_buffer_size = 4 << 20;

// UDP drops a datagram that finds no room in the receive buffer. Linux's default of 208 KiB is full
// of 277 short ones, and 256 clients that ask at the same time lose some, since the buffer's bytes
// are free again only some at a time.
constexpr int udp_receive_buffer_size = 4 << 20;

}  // namespace

class datagram_server::reply_wait_limit final : public detail::send_wait_limit {
public:
    explicit reply_wait_limit(datagram_server& owner) : server_(owner), replies_(owner.options()) {}

    wait begin(const address* client, time_point now) noexcept override {
        return replies_.begin(*client, now);
    }
    void end(const wait& ended) noexcept override { replies_.end(ended); }
    void gave_up(const address* client) noexcept override { server_.report_lost_reply(*client); }

private:
    datagram_server& server_;
    detail::waiting_replies replies_;
};

datagram_server::datagram_server(const address& local, any_handler<datagram_request> handler,
                                 const server_options& options)
    : server(local, SOCK_DGRAM, options), handler_(std::move(handler)),
      wait_limit_(std::make_unique<reply_wait_limit>(*this)) {
    open_in_constructor();
}

datagram_server::datagram_server(bound_socket adopted, any_handler<datagram_request> handler,
                                 const server_options& options)
    : server(std::move(adopted), SOCK_DGRAM, options), handler_(std::move(handler)),
      wait_limit_(std::make_unique<reply_wait_limit>(*this)) {}

datagram_server::datagram_server(named_socket inherited, const address& otherwise,
                                 any_handler<datagram_request> handler,
                                 const server_options& options)
    : server(std::move(inherited), otherwise, SOCK_DGRAM, options), handler_(std::move(handler)),
      wait_limit_(std::make_unique<reply_wait_limit>(*this)) {
    open_in_constructor();
}

datagram_server::~datagram_server() = default;

void datagram_server::activate(bound_socket& bound) const {
    datagram_options wanted = options().datagrams;
    if (bound.local_address().family() == AF_UNIX && wanted.send_buffer_size == 0)
        wanted.send_buffer_size = unix_send_buffer_size;
    // That of a socket which another program has made is as that program wants it, and may be
    // larger than this one could ask for.
    const bool own = bound.mark() != nullptr;
    if (bound.local_address().family() != AF_UNIX && wanted.receive_buffer_size == 0 && own)
        wanted.receive_buffer_size = udp_receive_buffer_size;
    datagram_socket::apply(wanted, bound.socket());
}

bool datagram_server::verify_request(const datagram& /*received*/, const address& /*client*/) {
    return true;
}

class datagram_server::incoming final : public detail::request_source {
public:
    incoming(datagram_server& owner, bound_socket& from, const datagram_receiver_options& options)
        : server_(owner), from_(from),
          receiver_(loop::require_current("serve"), from.socket(), options) {}

    task<> accept_for(detail::bounded_dispatcher& handlers, detail::accept_turn& turn) override {
        do {
            server_.process(co_await server_.get_request(receiver_), handlers);
        } while (receiver_.holds_datagram() && turn.goes_on(receiver_.yielded()));
    }

    [[nodiscard]] bool has_ended() const noexcept override { return false; }
    [[nodiscard]] std::uint64_t yielded() const noexcept override { return receiver_.yielded(); }

    task<> stop(detail::bounded_dispatcher& handlers) override {
        const shield shield_guard;
        co_await receiver_.stop();
        co_await process_received(handlers);
    }

    // The socket stays open, since the handlers answer through it.
    task<> close(detail::bounded_dispatcher& handlers) override {
        const shield shield_guard;
        from_.refuse_clients();
        co_await stop(handlers);
        const auto bytes_max = from_.socket().get_option<int>(SOL_SOCKET, SO_RCVBUF);
        auto left = static_cast<std::uint64_t>(bytes_max) / smallest_in_kernel;
        for (bool more = true; more && left > 0 && !handlers.cancelled();) {
            more = co_await receiver_.take_backlog();
            const std::uint64_t received = co_await process_received(handlers);
            left -= std::min(left, received);
            if (more && received == 0)
                co_await sleep_for(until_buffer_is_free);
        }
    }

private:
    // The least memory that a datagram takes in the kernel's buffer. It bounds the backlog, which
    // others may fill while it is taken.
    static constexpr std::uint64_t smallest_in_kernel = 256;
    static constexpr std::chrono::milliseconds until_buffer_is_free{1};

    task<std::uint64_t> process_received(detail::bounded_dispatcher& handlers) {
        std::uint64_t count = 0;
        std::error_code none_left;
        for (;; ++count) {
            datagram received = co_await receiver_.receive(none_left);
            if (none_left)
                break;
            server_.process(std::move(received), handlers);
        }
        co_return count;
    }

    datagram_server& server_;
    bound_socket& from_;
    datagram_receiver receiver_;
};

std::unique_ptr<detail::request_source> datagram_server::open_source(bound_socket& from,
                                                                     bool ahead) {
    datagram_receiver_options options = this->options().receiving;
    if (!ahead)
        options.batch_max = 1;
    return std::make_unique<incoming>(*this, from, options);
}

task<datagram> datagram_server::get_request(datagram_receiver& receiving) {
    co_return co_await receiving.receive();
}

void datagram_server::process(datagram&& received, detail::bounded_dispatcher& handlers) noexcept {
    detail::counter_slot& counts = counted();
    detail::counter_slot::count(counts.accepted);
    detail::counter_slot::count(counts.packets_received);
    counts.bytes_received.fetch_add(received.data().size(), std::memory_order_relaxed);
    const address client = received.sender();
    bool welcome = false;
    try {
        welcome = verify_request(received, client);
        if (welcome)
            process_request(accepted<datagram>(*this, handlers, std::move(received), client, {},
                                               counts.refused));
    } catch (...) {
        report_error(std::current_exception(), client);
    }
    if (!welcome)
        detail::counter_slot::count(counts.refused);
}

void datagram_server::process_request(accepted<datagram> request) {
    request.hand_over();
}

template <>
bool accepted<datagram>::begin_here(detail::bounded_dispatcher& place) {
    server_->serve_request<detail::detached, datagram&>(request_, server_->fileno(), &place);
    return true;
}

template <>
task<> accepted<datagram>::handle_here() {
    return server_->serve_request<task<>, datagram>(std::move(request_), server_->fileno(),
                                                    nullptr);
}

template <>
task<> accepted<datagram>::handle_elsewhere() {
    request_.detach();
    return handle_here();
}

template <>
int accepted<datagram>::descriptor() noexcept {
    return server_->fileno();
}

/// Handles a datagram to its end, as a task, or as a coroutine that begins at once, takes the
/// datagram from the caller once it has a frame, and tells `place` that it has ended. Never throws.
template <class Coroutine, class Received>
Coroutine datagram_server::serve_request(Received received, int through,
                                         detail::bounded_dispatcher* place) {
    const detail::bounded_dispatcher::occupied_place until_the_end(place);
    datagram_request request(loop::require_current("serve"), through, std::move(received));
    detail::counter_slot& counts = counted();
    request.count_sent(counts.packets_sent, counts.bytes_sent);
    request.limit_waits(*wait_limit_);
    std::unique_ptr<address> corrected;  // on the heap, since the frames of few servers have one
    if (!options().establish.empty()) {
        corrected = co_await establish(request);
        if (corrected == nullptr)
            co_return;
    }
    const address& client = corrected == nullptr ? request.sender() : *corrected;
    counts.begin();
    try {
        if (options().request_timeout == std::chrono::milliseconds(0))
            co_await finish_request(request, client);
        else
            co_await finish_in_time(request, client);
        counts.finish();
    } catch (...) {
        request_failed(std::current_exception(), client, counts);
    }
}

/// Takes a datagram through the steps of server_options::establish. Yields the client's address as
/// they have left it, or nothing where they have failed.
task<std::unique_ptr<address>> datagram_server::establish(datagram_request& request) {
    auto client = std::make_unique<address>(request.sender());
    if (!co_await detail::take_steps(options(), counted(), reports(), request, *client)) {
        detail::counter_slot::count(counted().refused);
        client = nullptr;
    }
    co_return client;
}

task<> datagram_server::finish_in_time(datagram_request& request, const address& client) {
    const cancel_scope time_limit(detail::deadline_or_never(options().request_timeout));
    co_await finish_request(request, client);
}

task<> datagram_server::finish_request(datagram_request& request, const address& client) {
    return handler_.handle(request, client, *this);
}

}  // namespace ringlet
