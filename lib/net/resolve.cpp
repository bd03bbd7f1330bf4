#include "net/detail/host_look_up.hpp"
#include "net/detail/look_up.hpp"

#include <ringlet/base/detail/owned_descriptor.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/net/resolve.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace ringlet {

namespace {

/// Waits until addresses have come. IPv6 addresses that come first wait for the others a little
/// longer, as the others do for them in `asking`.
task<> await_addresses(detail::host_look_up& asking, event& changed, task_group& group) {
    group.spawn(asking.run());
    std::error_code error;
    while (!asking.found() && !asking.complete() && !error) {
        co_await changed.wait(error);
        changed.reset();
    }
    if (asking.waits_for_v4() && !error)
        co_await with_timeout(detail::host_look_up::resolution_delay, changed.wait(error));
    group.cancel();
}

/// Whether this machine has a route to `destination`; nothing is sent.
bool is_reachable(const address& destination) {
    const int descriptor = ::socket(destination.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        return false;
    const detail::owned_descriptor owner(descriptor, "socket");
    return ::connect(descriptor, destination.data(), destination.size()) == 0;
}

/// Puts IPv4 addresses first where IPv6 ones lead nowhere (RFC 6724, 6, rule 1).
void put_reachable_first(std::vector<address>& found) {
    const auto v4 = std::ranges::find(found, AF_INET, &address::family);
    if (v4 != found.begin() && v4 != found.end() && !is_reachable(found.front()))
        std::ranges::rotate(found, v4);
}

}  // namespace

task<std::vector<address>> resolve(std::string host, int port, resolve_options options,
                                   error_sink error) {
    event changed;
    detail::host_look_up asking(host, port, options, changed);
    if (!asking.complete()) {
        const auto body = [&](task_group& group) {
            return await_addresses(asking, changed, group);
        };
        co_await task_group::run(std::ref(body));
    }
    std::vector<address> found = asking.take();
    error.report(found.empty() ? asking.error() : std::error_code(),
                 [&] { return detail::unresolved(host); });
    if (loop::require_current("resolve").net().in_system())
        put_reachable_first(found);
    co_return found;
}

}  // namespace ringlet
