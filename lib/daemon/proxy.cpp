#include "daemon/detail/proxied_fact.hpp"
#include "daemon/detail/proxy_parser.hpp"

#include <ringlet/daemon/proxy.hpp>
#include <ringlet/daemon/proxy_errc.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace ringlet::daemon {

namespace {

// A header of version 2 is of so many bytes, with two IPv4 addresses and nothing else.
constexpr std::size_t header_bytes_least = 28;

// All of a header with Unix addresses, and without TLVs, at one go.
constexpr std::size_t piece_size = 232;

[[noreturn]] void fail(std::error_code error) {
    throw std::system_error(error, "PROXY");
}

/// Receives a header, and no byte that follows it. Stores in `error` an error of proxy_errc.
task<> receive_header(stream& from, detail::proxy_parser& parser, std::error_code& error) {
    std::array<char, piece_size> piece;
    while (const std::size_t wanted = parser.wanted()) {
        const auto room = std::span(piece).first(std::min(wanted, piece.size()));
        const std::size_t size = co_await from.recv(room);
        if (size == 0)
            break;
        parser.take({piece.data(), size});
    }
    error = parser.error();
    if (!error && !parser.whole())
        error = proxy_errc::cut_off;
}

/// Has `client` be the one that a header names, if it names one, and the request know the header.
template <class Request>
void correct(Request& request, address& client, proxy_header& header) {
    auto known = std::make_unique<detail::proxied_fact>(std::move(header));
    if (known->header().has_addresses())
        client = known->header().source;
    request.attach(std::move(known));
}

}  // namespace

proxy::proxy(proxy_options options) : options_(std::move(options)) {
    if (options_.trusted.empty() && !options_.trust_unix)
        throw std::invalid_argument("proxy_options: nobody is trusted, so that every client would "
                                    "be refused; name the networks of the proxies in trusted");
    if (options_.header_bytes_max < header_bytes_least)
        throw std::invalid_argument("proxy_options: header_bytes_max must be 28 or more");
}

bool proxy::trusts(const address& client) const noexcept {
    if (client.family() == AF_UNIX)
        return options_.trust_unix;
    return std::ranges::any_of(
        options_.trusted, [&](const address_prefix& network) { return network.contains(client); });
}

task<> proxy::operator()(stream& connection, address& client) const {
    std::error_code error;
    detail::proxy_parser parser({options_.header_bytes_max, options_.tlvs_max});
    if (trusts(client))
        co_await receive_header(connection, parser, error);
    else
        error = proxy_errc::untrusted;
    if (error) {
        co_await connection.abort();
        fail(error);
    }
    correct(connection, client, parser.header());
}

task<> proxy::operator()(datagram_request& request, address& client) const {
    // A Unix socket without a name has no address to answer at.
    const bool trusted = client.family() == AF_UNSPEC ? options_.trust_unix : trusts(client);
    if (!trusted)
        fail(proxy_errc::untrusted);
    detail::proxy_parser parser({options_.header_bytes_max, options_.tlvs_max});
    const auto packet = request.packet();
    const std::size_t size =
        parser.take({reinterpret_cast<const char*>(packet.data()), packet.size()});
    if (!parser.error() && parser.header().version == proxy_version::v1)
        fail(proxy_errc::no_header);
    if (parser.error() || !parser.whole())
        fail(parser.error() ? parser.error() : proxy_errc::cut_off);
    request.remove_prefix(size);
    correct(request, client, parser.header());
    co_return;
}

}  // namespace ringlet::daemon
