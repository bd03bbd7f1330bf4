#pragma once

// Servers of every kind, to be made, served and talked to in the same way.

#include "blocking_client.hpp"
#include "concurrency_kinds.hpp"
#include "temporary_directory.hpp"

#include <ringlet/server/datagram_request_handler.hpp>
#include <ringlet/server/stream_request_handler.hpp>
#include <ringlet/server/tcp_server.hpp>
#include <ringlet/server/udp_server.hpp>
#include <ringlet/server/unix_datagram_server.hpp>
#include <ringlet/server/unix_stream_server.hpp>

#include <array>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

enum class transport { tcp, udp, unix_stream, unix_datagram };

inline bool has_streams(transport over) {
    return over == transport::tcp || over == transport::unix_stream;
}

struct server_kind {
    transport over;
    ringlet::concurrency in;

    [[nodiscard]] bool forks() const noexcept {
        return in == ringlet::concurrency::forks || in == ringlet::concurrency::fork_per_request;
    }

    friend std::ostream& operator<<(std::ostream& out, const server_kind& printed) {
        constexpr std::array transports{"tcp", "udp", "unix_stream", "unix_datagram"};
        return out << transports.at(static_cast<std::size_t>(printed.over)) << ' '
                   << concurrency_kinds().at(static_cast<std::size_t>(printed.in)).name;
    }
};

inline std::vector<ringlet::concurrency> every_concurrency() {
    std::vector<ringlet::concurrency> all;
    for (const concurrency_kind& kind : concurrency_kinds())
        all.push_back(kind.options.concurrency);
    return all;
}

inline std::vector<transport> every_transport() {
    using enum transport;
    return std::vector{tcp, udp, unix_stream, unix_datagram};
}

inline std::vector<server_kind> every_kind() {
    std::vector<server_kind> all;
    for (const transport over : every_transport())
        for (const ringlet::concurrency in : every_concurrency())
            all.push_back({over, in});
    return all;
}

inline std::vector<server_kind> every_kind_of_stream() {
    std::vector<server_kind> all = every_kind();
    std::erase_if(all, [](const server_kind& one) { return !has_streams(one.over); });
    return all;
}

inline std::vector<server_kind> every_kind_of_datagram() {
    std::vector<server_kind> all = every_kind();
    std::erase_if(all, [](const server_kind& one) { return has_streams(one.over); });
    return all;
}

/// All that a client says: up to the end of its stream, or its datagram.
inline ringlet::task<std::string> hear(ringlet::stream& client) {
    std::string heard;
    std::array<char, 4096> buffer;
    while (const auto size = co_await client.recv(buffer))
        heard.append(buffer.data(), size);
    co_return heard;
}
inline ringlet::task<std::string> hear(ringlet::datagram_request& client) {
    const auto packet = client.packet();
    co_return std::string(reinterpret_cast<const char*>(packet.data()), packet.size());
}

inline ringlet::task<> say(ringlet::stream& client, std::string_view text) {
    co_await client.send_all(text);
}
inline ringlet::task<> say(ringlet::datagram_request& client, std::string_view text) {
    co_await client.reply(text);
}

/// A handler for requests of either kind, as a function, and as a class for each.
inline constexpr auto echo_back = [](auto& client) -> ringlet::task<> {
    const std::string heard = co_await hear(client);
    co_await say(client, heard);
};

/// A handler for requests of either kind that echoes bytes as they come, without waiting for the
/// end of the stream.
struct echo_at_once_handler {
    ringlet::task<> operator()(ringlet::stream& client) const {
        std::array<char, 4096> buffer;
        while (const auto size = co_await client.recv(buffer))
            co_await client.send_all(std::string_view(buffer.data(), size));
    }
    ringlet::task<> operator()(ringlet::datagram_request& client) const {
        return echo_back(client);
    }
};
inline constexpr echo_at_once_handler echo_at_once;

template <class Base>
class echoing : public Base {
public:
    ringlet::task<> handle() override {
        const std::string heard = co_await hear(this->request());
        co_await this->wfile().write(heard);
    }
};
using echoing_stream = echoing<ringlet::stream_request_handler>;
using echoing_datagram = echoing<ringlet::datagram_request_handler>;

/// An address where nobody is, for a server of this transport; a path is gone with the object.
class free_place {
public:
    explicit free_place(transport over)
        : address_(over == transport::tcp || over == transport::udp
                       ? ringlet::address("127.0.0.1", 0)
                       : ringlet::address::unix_path((directory_.path() / "socket").string())) {}

    [[nodiscard]] const ringlet::address& address() const noexcept { return address_; }

private:
    temporary_directory directory_;
    ringlet::address address_;
};

/// A client that asks once, over a stream that it ends then, or with a datagram.
class asking_client {
public:
    asking_client(transport over, const ringlet::address& server)
        : streams_(has_streams(over)),
          socket_(server.family(), streams_ ? SOCK_STREAM : SOCK_DGRAM) {
        if (over == transport::unix_datagram)
            socket_.autobind();
        socket_.connect(server);
    }

    void say(std::string_view text) {
        socket_.send(text);
        if (streams_)
            socket_.shutdown_sending();
    }
    std::string hear() { return streams_ ? socket_.receive_all() : socket_.receive_some(); }

    std::string ask(std::string_view text) {
        say(text);
        return hear();
    }

    [[nodiscard]] blocking_client& socket() noexcept { return socket_; }

private:
    bool streams_;
    blocking_client socket_;
};

template <class Server>
using itself = Server;

/// Makes a server of any kind, at an address or on a socket; `As` derives from the type of the
/// server, to override its hooks.
template <template <class> class As = itself, class Place, class Handler>
std::unique_ptr<ringlet::server> make_server(server_kind kind, Place place, const Handler& handler,
                                             ringlet::server_options options = {}) {
    options.concurrency = kind.in;
    if (options.workers == 0)
        options.workers = 2;
    switch (kind.over) {
    case transport::tcp:
        return std::make_unique<As<ringlet::tcp_server>>(std::move(place), handler, options);
    case transport::udp:
        return std::make_unique<As<ringlet::udp_server>>(std::move(place), handler, options);
    case transport::unix_stream:
        return std::make_unique<As<ringlet::unix_stream_server>>(std::move(place), handler,
                                                                 options);
    default:
        return std::make_unique<As<ringlet::unix_datagram_server>>(std::move(place), handler,
                                                                   options);
    }
}

/// A server of any kind, at a place of its own.
template <template <class> class As = itself>
class any_server {
public:
    template <class Handler>
    any_server(server_kind kind, const Handler& handler,
               const ringlet::server_options& options = {})
        : over_(kind.over), place_(kind.over),
          server_(make_server<As>(kind, place_.address(), handler, options)) {}

    [[nodiscard]] ringlet::server& operator*() const noexcept { return *server_; }
    [[nodiscard]] ringlet::server* operator->() const noexcept { return server_.get(); }

    [[nodiscard]] asking_client client() const { return {over_, server_->server_address()}; }

    /// What the server answers a client of its own.
    [[nodiscard]] std::string ask(std::string_view text) const { return client().ask(text); }

private:
    transport over_;
    free_place place_;
    std::unique_ptr<ringlet::server> server_;
};
