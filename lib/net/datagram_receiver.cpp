#include "net/detail/datagram_pool.hpp"
#include "net/detail/valid_options.hpp"

#include <ringlet/coro/shield.hpp>
#include <ringlet/net/datagram_receiver.hpp>

#include <netinet/in.h>
#include <netinet/udp.h>

#include <stdexcept>
#include <string>

namespace ringlet {

namespace {

constexpr std::size_t packet_size_limit = std::size_t{1} << 30U;  // a result has 31 bits
constexpr std::size_t packets_limit = std::size_t{1} << 20U;

void require_single(network& net, int fd) {
    int bursts = 0;
    socklen_t size = sizeof(bursts);
    net.get_option(fd, IPPROTO_UDP, UDP_GRO, &bursts, &size);
    if (bursts != 0)
        throw std::invalid_argument("datagram_receiver: the socket receives bursts, which would be "
                                    "taken for single datagrams; open it without receive_bursts");
}

}  // namespace

void detail::require_valid(const datagram_receiver_options& options) {
    const auto require = [](bool holds, const char* sentence) {
        if (!holds)
            throw std::invalid_argument(std::string("datagram_receiver_options: ") + sentence);
    };
    require(options.packet_size_max > 0 && options.packet_size_max <= packet_size_limit,
            "packet_size_max must be 1 to 2^30");
    require(options.packets_max > 0 && options.packets_max <= packets_limit,
            "packets_max must be 1 to 2^20");
    require(options.batch_max > 0, "batch_max must be 1 or more");
}

datagram_receiver::datagram_receiver(loop& owner, int fd, const datagram_receiver_options& options)
    : pool_((detail::require_valid(options), require_single(owner.net(), fd),
             new detail::datagram_pool(owner.core(), fd, options))) {}

void datagram_receiver::abandon::operator()(detail::datagram_pool* left) const noexcept {
    left->abandon();
}

detail::receive_datagram_operation datagram_receiver::receive(error_sink error) {
    return {pool_->core(), *pool_, error};
}

bool datagram_receiver::holds_datagram() const noexcept {
    return pool_->holding();
}

std::uint64_t datagram_receiver::yielded() const noexcept {
    return pool_->yielded();
}

task<bool> datagram_receiver::take_backlog() {
    const shield taking(pool_->core().owner());
    co_return co_await pool_->take_backlog();
}

task<> datagram_receiver::stop() {
    const shield stopping(pool_->core().owner());
    pool_->stop();
    co_await pool_->settled();
}

}  // namespace ringlet
