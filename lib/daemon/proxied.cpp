#include "daemon/detail/proxied_fact.hpp"

#include <ringlet/daemon/proxied.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/server/datagram_request.hpp>

namespace ringlet::daemon {

namespace {

const proxy_header* header_in(const detail::proxied_fact* found) noexcept {
    return found == nullptr ? nullptr : &found->header();
}

}  // namespace

const proxy_header* proxied(const stream& client) noexcept {
    return header_in(client.fact<detail::proxied_fact>());
}

const proxy_header* proxied(const datagram_request& client) noexcept {
    return header_in(client.fact<detail::proxied_fact>());
}

}  // namespace ringlet::daemon
