#pragma once

#include <ringlet/net/listener.hpp>

#include <system_error>

/// Whether this machine has ::1; containers often do not.
inline bool has_ipv6_loopback() {
    try {
        static_cast<void>(ringlet::listener::open(ringlet::network::system(), {"::1", 0}));
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}
