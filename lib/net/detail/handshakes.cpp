#include "handshakes.hpp"
#include "inet_sockets.hpp"

#include <ringlet/coro/sleep_for.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <exception>

namespace ringlet::detail {

namespace {

constexpr std::chrono::milliseconds handshake_pause_first{1};
constexpr std::chrono::milliseconds handshake_pause_max{10};
// Where the kernel does not tell of handshakes: long for the same machine.
constexpr std::chrono::milliseconds unknown_handshake{2};

bool has_handshakes(std::uint16_t port) {
    return !inet_sockets_at(IPPROTO_TCP, port, 1U << TCP_SYN_RECV).empty();
}

task<> wait_while_handshakes(std::uint16_t port) {
    std::chrono::milliseconds waited{0};
    for (auto pause = handshake_pause_first; waited < handshakes_max && has_handshakes(port);
         pause = std::min(2 * pause, handshake_pause_max)) {
        co_await sleep_for(pause);
        waited += pause;
    }
}

}  // namespace

task<> end_of_handshakes(const bound_socket& listening) {
    if (!listening.socket().net().in_system())
        co_return;  // no client of such a network is ever half connected
    bool told = true;
    try {
        const std::uint16_t port = listening.local_address().port();
        co_await wait_while_handshakes(port);
    } catch (const std::exception&) {  // sock_diag is forbidden, or is not there
        told = false;
    }
    if (!told)
        co_await sleep_for(unknown_handshake);
}

}  // namespace ringlet::detail
