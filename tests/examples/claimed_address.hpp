#pragma once

#include "catch.hpp"
#include "eventually.hpp"
#include "own_network.hpp"

#include <ringlet/net/address.hpp>
#include <ringlet/net/socket.hpp>

#include <system_error>

/// The address of programs whose address nobody can choose: those of the tutorial and those that
/// the documentation shows.
inline const ringlet::address fixed_address("127.0.0.1", 9999);

/// While one lives, that address is in a network of its own, or, where this user can have none, no
/// other run of these tests uses it: the other waits.
class claimed_address {
public:
    claimed_address() {
        if (network_.separate())
            return;
        ringlet::network& net = ringlet::network::system();
        claim_ = ringlet::socket::open(net, AF_UNIX, SOCK_STREAM);
        std::error_code taken;
        const bool claimed = eventually([&] {
            claim_.bind(ringlet::address::unix_path("@ringlet-tests-fixed-address"), taken);
            return !taken;
        });
        if (claimed)
            ringlet::socket::open(net, AF_INET, SOCK_STREAM).bind(fixed_address, taken);
        if (taken)
            SKIP(fixed_address << " is taken, and this user can have no network of their own");
    }

    /// Whether the address is in a network of its own, in which nobody else is.
    [[nodiscard]] bool separate() const noexcept { return network_.separate(); }

private:
    own_network network_;
    ringlet::socket claim_;
};
