#include "net/detail/connection_race.hpp"
#include "net/detail/host_and_port.hpp"
#include "net/detail/host_look_up.hpp"
#include "net/detail/look_up.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/loop/detail/deadline_after.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/detail/connect_operation.hpp>
#include <ringlet/net/resolve.hpp>

#include <netinet/tcp.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ringlet {

namespace {

constexpr std::chrono::milliseconds attempt_delay_min{100};
constexpr std::chrono::milliseconds attempt_delay_max{2000};

detail::connection_race race_of(loop& current, const connect_options& options) {
    return {current, std::clamp(options.attempt_delay, attempt_delay_min, attempt_delay_max)};
}

/// The stream that has won `race`. Throws std::system_error with the failure of each attempt;
/// `limit` is the scope around them, and `target` names the peers in the error's text.
stream winner_of(detail::connection_race& race, const std::string& target,
                 const cancel_scope& limit) {
    if (race.winner())
        return *std::move(race.winner());
    const std::error_code error = limit.cancelled() ? limit.reason() : race.error();
    throw std::system_error(error, "cannot connect to " + target + race.failures(target));
}

loop::clock::time_point deadline_of(const connect_options& options) {
    const auto now = loop::require_current("connect").now();
    return detail::deadline_after(now, options.timeout, "connect_options::timeout");
}

std::string text_of(const std::string& host, int port) {
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

/// Whether a client has connected to its own socket: if no server listens, the kernel may give the
/// client the very port that it connects to, and TCP lets a socket open to itself (RFC 9293, 3.5).
bool connected_to_itself(const socket& connected, const address& peer) {
    return connected.local_address() == peer;
}

task<stream> connect_to_host(std::string host, int port, connect_options options) {
    const cancel_scope limit(deadline_of(options));
    loop& current = loop::require_current("connect");
    detail::connection_race race = race_of(current, options);
    detail::host_look_up source(host, port, options.resolving, race.changed());
    co_await race.run(source);
    if (race.empty())
        throw std::system_error(limit.cancelled() ? limit.reason() : source.error(),
                                detail::unresolved(host));
    co_return winner_of(race, text_of(host, port), limit);
}

task<stream> connect_to_peers(std::vector<address> peers, connect_options options) {
    const cancel_scope limit(deadline_of(options));
    if (peers.empty())
        throw std::invalid_argument("connect: there is no address to connect to");
    const std::string target = peers.size() == 1 ? peers.front().to_string() : "any address";
    detail::connection_race race = race_of(loop::require_current("connect"), options);
    co_await race.run(std::move(peers));
    co_return winner_of(race, target, limit);
}

/// Awaits `connecting` and stores its error in `error`; the stream is then not open.
task<stream> store_error(task<stream> connecting, error_sink error) {
    try {
        stream connected = co_await std::move(connecting);
        error.clear();
        co_return connected;
    } catch (const std::system_error& failure) {
        error.report_handled(failure);
    }
    co_return stream(loop::require_current("connect"), socket());
}

/// Opens a socket that is to be connected to `peer`.
socket socket_for(const address& peer, network& net) {
    socket opened = socket::open(net, peer.family(), SOCK_STREAM);
    if (peer.family() != AF_UNIX)
        opened.set_option(IPPROTO_TCP, TCP_NODELAY, 1);
    return opened;
}

}  // namespace

task<stream> connect(address peer, error_sink error) {
    loop& current = loop::require_current("connect");
    socket opened;
    std::error_code failure;
    try {
        opened = socket_for(peer, current.net());
    } catch (const std::system_error& refused) {
        failure = refused.code();
    }
    if (!failure)
        failure = co_await detail::connect_operation(current.core(), opened.native_handle(),
                                                     peer.data(), peer.size());
    if (!failure && connected_to_itself(opened, peer))
        failure = std::make_error_code(std::errc::connection_refused);
    error.report(failure, [&] { return "cannot connect to " + peer.to_string(); });
    co_return stream(current, failure ? socket() : std::move(opened));
}

task<stream> connect(std::string host, int port, connect_options options, error_sink error) {
    task<stream> connecting = connect_to_host(std::move(host), port, options);
    return error.stores() ? store_error(std::move(connecting), error) : std::move(connecting);
}

task<stream> detail::connect_to_text(std::string target, connect_options options,
                                     error_sink error) {
    if (target.starts_with(path_prefix))
        co_return co_await connect(std::vector<address>(1, address::parse(target)), options, error);
    const auto [host, port] = host_and_port::parse(target);
    co_return co_await connect(std::string(host), port, options, error);
}

task<stream> connect(std::vector<address> peers, connect_options options, error_sink error) {
    task<stream> connecting = connect_to_peers(std::move(peers), options);
    return error.stores() ? store_error(std::move(connecting), error) : std::move(connecting);
}

}  // namespace ringlet
