#pragma once

#include "blocking_client.hpp"
#include "catch.hpp"
#include "daemon/detail/proxy_parser.hpp"

#include <ringlet/daemon/proxy_header.hpp>

#include <cstddef>

/// The header that the other end of a connection has sent, and no byte of what follows it.
inline ringlet::daemon::proxy_header received_header(blocking_client& from) {
    ringlet::daemon::detail::proxy_parser parser({});
    while (const std::size_t wanted = parser.wanted()) {
        const std::string received = from.receive(wanted);
        if (received.empty())
            break;
        parser.take(received);
    }
    CHECK(parser.error() == std::error_code());
    REQUIRE(parser.whole());
    return parser.header();
}
