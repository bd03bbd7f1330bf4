#include "counter_slot.hpp"
#include "executor.hpp"

#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/token_bucket.hpp>
#include <ringlet/net/datagram_receiver.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/server/datagram_server.hpp>

namespace ringlet {

datagram_server::datagram_server(const address& local, any_handler<datagram_request> handler,
                                 const server_options& options)
    : server(local, SOCK_DGRAM, options), handler_(std::move(handler)) {
    open_in_constructor();
}

datagram_server::datagram_server(bound_socket adopted, any_handler<datagram_request> handler,
                                 const server_options& options)
    : server(std::move(adopted), SOCK_DGRAM, options), handler_(std::move(handler)) {}

void datagram_server::activate(bound_socket& bound) const {
    datagram_socket::apply(options().datagrams, bound.socket());
}

bool datagram_server::verify_request(const datagram& /*received*/, const address& /*client*/) {
    return true;
}

task<> datagram_server::take_requests(bound_socket& from, executor& handled_by, amount wanted) {
    loop& here = loop::require_current("serve");
    datagram_receiver_options receiving_options = options().receiving;
    if (wanted == amount::one)
        receiving_options.batch_max = 1;
    datagram_receiver receiving(here, from.socket(), receiving_options);
    token_bucket rate(accept_rate());
    std::exception_ptr end;
    try {
        do {
            if (co_await handled_by.wait_for_room())
                counter_slot::count(counted().accept_pauses);
            co_await rate.take();
            take(co_await get_request(receiving), handled_by);
            request_taken();
        } while (wanted == amount::all);
    } catch (...) {
        end = std::current_exception();
    }
    co_await receiving.stop();  // what comes now waits in the socket
    {
        const shield uncancelled(here);
        std::error_code none_left;
        for (;;) {
            datagram received = co_await receiving.receive(none_left);
            if (none_left)
                break;
            take(std::move(received), handled_by);
        }
    }
    if (end)
        std::rethrow_exception(end);
}

task<datagram> datagram_server::get_request(datagram_receiver& receiving) {
    co_return co_await receiving.receive();
}

void datagram_server::take(datagram received, executor& handled_by) {
    counter_slot& counts = counted();
    counter_slot::count(counts.accepted);
    counter_slot::count(counts.packets_received);
    counts.bytes_received.fetch_add(received.data().size(), std::memory_order_relaxed);
    const address client = received.sender();
    try {
        if (!verify_request(received, client)) {
            counter_slot::count(counts.refused);
            return;
        }
        const executor::taking here(handled_by, {});
        process_request(std::move(received), client);
    } catch (...) {
        report_error(std::current_exception(), client);
    }
}

// Elsewhere than in this loop, it takes its bytes along.
void datagram_server::process_request(datagram received, const address& /*client*/) {
    if (options().concurrency == concurrency::threads ||
        options().concurrency == concurrency::thread_per_request)
        received.detach();
    executor::taking::current().hand_over(
        {.handling = serve_request(std::move(received), fileno()), .descriptor = fileno()});
}

task<> datagram_server::serve_request(datagram received, int through) {
    datagram_request request(loop::require_current("serve"), through, std::move(received));
    counter_slot& counts = counted();
    request.count_sent(counts.packets_sent, counts.bytes_sent);
    co_await run_request(finish_request(request, request.sender()), request.sender());
}

task<> datagram_server::finish_request(datagram_request& request, const address& client) {
    co_await handler_.handle(request, client, *this);
}

}  // namespace ringlet
