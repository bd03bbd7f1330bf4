// The server under test: ringlet's, as a user would write it, with default settings.

#include "server_main.hpp"

#include <ringlet/ringlet.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <system_error>
#include <vector>

namespace {

using buffer = std::array<std::byte, server_main::buffer_size>;

ringlet::task<> echo(ringlet::stream& client) {
    buffer received;
    while (auto n = co_await client.recv(received))
        co_await client.send_all(std::span(received).first(n));
}

// Closes by itself: nothing of the client is on its way once its message has been answered.
ringlet::task<> echo_once(ringlet::stream& client) {
    buffer received;
    const auto n = co_await client.recv(received);
    co_await client.send_all(std::span(received).first(n));
    co_await client.close();
}

// Echoes without a buffer of its own.
ringlet::task<> echo_lent(ringlet::stream& client) {
    while (const auto received = co_await client.recv_lent())
        co_await client.send_all(received);
}

// The first with a deadline for each message.
ringlet::task<> echo_in_time(ringlet::stream& client) {
    buffer received;
    while (auto n = co_await ringlet::with_timeout(server_main::silence_max, client.recv(received)))
        co_await client.send_all(std::span(received).first(n));
}

ringlet::task<> echo_datagram(ringlet::datagram_request& request) {
    co_await request.reply(request.packet());
}

// A byte back for each message.
class sink {
public:
    explicit sink(std::size_t message_bytes) : message_bytes_(message_bytes) {}

    ringlet::task<> operator()(ringlet::stream& client) {
        buffer received;
        const buffer answer{};
        std::size_t taken = 0;
        while (auto n = co_await client.recv(received)) {
            taken += n;
            co_await send_zeros(client, answer, taken / message_bytes_);
            taken %= message_bytes_;
        }
    }

    static ringlet::task<> send_zeros(ringlet::stream& client, std::span<const std::byte> zeros,
                                      std::size_t bytes) {
        while (bytes > 0) {
            const auto piece = std::min(bytes, zeros.size());
            co_await client.send_all(zeros.first(piece));
            bytes -= piece;
        }
    }

private:
    std::size_t message_bytes_;
};

// A message back for each byte.
class source {
public:
    explicit source(std::size_t message_bytes)
        : message_bytes_(message_bytes), zeros_(server_main::source_send_max) {}

    ringlet::task<> operator()(ringlet::stream& client) {
        buffer received;
        while (auto n = co_await client.recv(received))
            co_await sink::send_zeros(client, zeros_, n * message_bytes_);
    }

private:
    std::size_t message_bytes_;
    std::vector<std::byte> zeros_;
};

// Answers a datagram with as many messages as it has bytes, in a burst.
class datagram_source {
public:
    explicit datagram_source(std::size_t message_bytes)
        : message_bytes_(message_bytes), zeros_(server_main::source_send_max) {}

    ringlet::task<> operator()(ringlet::datagram_request& request) {
        const auto at_once = zeros_.size() / message_bytes_;
        for (auto owed = request.packet().size(); owed > 0;) {
            const auto count = std::min(owed, at_once);
            co_await request.reply_burst(std::span(zeros_).first(count * message_bytes_),
                                         message_bytes_);
            owed -= count;
        }
    }

private:
    std::size_t message_bytes_;
    std::vector<std::byte> zeros_;
};

// Sends each message to every client, and drops a client that does not take it in time.
class broadcaster {
public:
    ringlet::task<> operator()(ringlet::stream& client) {
        auto subscription = messages_->subscribe();
        co_await ringlet::when_any(listen(client), deliver(client, subscription),
                                   leave_if_slow(subscription));
    }

private:
    using message = std::shared_ptr<const std::vector<std::byte>>;
    using messages = ringlet::broadcast<message>;

    ringlet::task<> listen(ringlet::stream& client) {
        buffer received;
        while (auto n = co_await client.recv(received))
            static_cast<void>(messages_->try_send(std::make_shared<const std::vector<std::byte>>(
                received.begin(), received.begin() + static_cast<std::ptrdiff_t>(n))));
    }

    static ringlet::task<> deliver(ringlet::stream& client, messages::subscription& subscription) {
        while (const auto next = co_await subscription.receive())
            co_await client.send_all(**next);
    }

    // A client that takes nothing keeps `deliver` from hearing of it.
    static ringlet::task<> leave_if_slow(messages::subscription& subscription) {
        co_await subscription.until_disconnected();
    }

    std::unique_ptr<messages> messages_ = std::make_unique<messages>(
        server_main::messages_behind_max, ringlet::slow_receivers::disconnect);
};

const std::map<std::string, ringlet::concurrency> concurrencies{
    {"loop", ringlet::concurrency::loop},
    {"threads", ringlet::concurrency::threads},
    {"thread_per_request", ringlet::concurrency::thread_per_request},
    {"forks", ringlet::concurrency::forks},
    {"fork_per_request", ringlet::concurrency::fork_per_request},
};

ringlet::task<> tick(std::chrono::nanoseconds first) {
    std::error_code cancelled;
    co_await ringlet::sleep_for(first, cancelled);
    while (!cancelled)
        co_await ringlet::sleep_for(server_main::timer_period, cancelled);
}

ringlet::task<> serve_beside_timers(ringlet::server& server, std::size_t timers) {
    const auto body = [&](ringlet::task_group& ticking) -> ringlet::task<> {
        for (std::size_t i = 0; i < timers; ++i)
            ticking.spawn(tick(server_main::timer_period * (i + 1) / timers));
        co_await server.serve();
        ticking.cancel();
    };
    co_await ringlet::task_group::run(std::ref(body));
}

ringlet::server* running = nullptr;  // for the signal handler, which takes no argument

void stop(int) {
    running->shutdown(std::chrono::seconds(0));  // the load may still be connected
}

template <class Server, class Handler>
void serve(const server_main::options& chosen, Handler handler) {
    ringlet::server_options options;
    options.concurrency = concurrencies.at(chosen.concurrency);
    options.workers = chosen.workers;
    if (chosen.spin_max >= chosen.spin_max.zero())
        options.loop.spin_max = chosen.spin_max;
    Server server(ringlet::address::parse(chosen.address), std::move(handler), options);
    running = &server;
    std::signal(SIGINT, stop);
    std::signal(SIGTERM, stop);
    server_main::announce(server.server_address().to_string());
    if (chosen.timers > 0)
        ringlet::block_on(serve_beside_timers(server, chosen.timers));
    else
        server.serve_forever();
}

template <class Server>
void serve_streams(const server_main::options& chosen) {
    switch (chosen.does) {
    case service::echo:
        return serve<Server>(chosen, chosen.timers > 0 ? echo_in_time
                                     : chosen.lend     ? echo_lent
                                                       : echo);
    case service::once:
        return serve<Server>(chosen, echo_once);
    case service::sink:
        return serve<Server>(chosen, sink(chosen.message_bytes));
    case service::source:
        return serve<Server>(chosen, source(chosen.message_bytes));
    case service::broadcast:
        return serve<Server>(chosen, broadcaster());
    }
}

void serve_over(const server_main::options& chosen) {
    switch (chosen.over) {
    case transport::tcp:
        return serve_streams<ringlet::tcp_server>(chosen);
    case transport::unix_stream:
        return serve_streams<ringlet::unix_stream_server>(chosen);
    case transport::udp:
        return chosen.does == service::source
                   ? serve<ringlet::udp_server>(chosen, datagram_source(chosen.message_bytes))
                   : serve<ringlet::udp_server>(chosen, echo_datagram);
    case transport::unix_datagram:
        return serve<ringlet::unix_datagram_server>(chosen, echo_datagram);
    }
}

}  // namespace

int main(int argc, char** argv) try {
    serve_over(server_main::parse_command_line(
        argc, argv, "Server on ringlet.",
        {"loop", "threads", "thread_per_request", "forks", "fork_per_request"}));
} catch (const std::exception& error) {
    std::fprintf(stderr, "ringlet_echo: %s\n", error.what());
    return 1;
}
