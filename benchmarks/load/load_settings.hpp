// The load of one row, and how the servers are to take it.
#pragma once

#include "../endpoint.hpp"
#include "../service.hpp"

#include <cstddef>
#include <string>
#include <string_view>

// How connections come to TLS: not at all, by a handshake of their own each, or as the next one of
// a session.
enum class handshakes { none, full, resumed };

struct load_settings {
    transport over = transport::tcp;
    service asked = service::echo;
    std::size_t connections = 64;
    std::size_t message_bytes = 64;
    std::size_t pipeline = 1;  // messages in flight per connection
    bool reconnect = false;    // a connection per message

    // An open loop: messages are due at fixed times, at this share of the highest rate that the
    // baseline has in a closed loop. 0 is a closed loop.
    double rate_share = 0;

    handshakes tls = handshakes::none;
    std::size_t idle_connections = 0;  // that have spoken once, beside the others

    std::size_t timers = 0;  // armed in the server; each message moves another one

    // The kind of concurrency of each server, and the number of its workers.
    std::string_view concurrency = "loop";
    std::size_t workers = 1;

    std::size_t request_bytes() const { return asked == service::source ? 1 : message_bytes; }
    std::size_t response_bytes() const { return asked == service::sink ? 1 : message_bytes; }
};

// "none", "full", "resumed"
std::string_view name_of(handshakes tls);

// "64 connections, 64 B, 16 in flight"
std::string describe(const load_settings& load);

// The arguments that make a server of ours the one that this load needs: "--transport udp". They
// are empty for an echo over TCP in one loop. Those of a server of TLS name its files by variables
// of the environment: see certificate.
std::string server_arguments(const load_settings& load);
