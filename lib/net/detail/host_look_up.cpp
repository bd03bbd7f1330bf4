#include "net/detail/host_look_up.hpp"

#include "base/detail/per_process.hpp"
#include "net/detail/look_up_operation.hpp"

#include <ringlet/base/thread_pool.hpp>
#include <ringlet/coro/when_all.hpp>
#include <ringlet/coro/with_timeout.hpp>

#include <netdb.h>
#include <netinet/in.h>

#include <cstring>
#include <optional>
#include <utility>

namespace ringlet::detail {

namespace {

/// The pool for the look-ups of the process, apart from thread_pool::shared: a name server that
/// does not answer holds up look-ups alone.
class look_up_pool : public thread_pool {};

/// Whether `error` says that a host has no addresses of a family, rather than that nobody knows.
bool is_plain_absence(std::error_code error) noexcept {
    return error.category() == resolver_category() &&
           (error.value() == EAI_NONAME || error.value() == EAI_NODATA ||
            error.value() == EAI_ADDRFAMILY);
}

}  // namespace

host_look_up::host_look_up(std::string host, int port, const resolve_options& options,
                           event& changed)
    : loop_(loop::require_current("resolve")), host_(std::move(host)), port_(port),
      options_(options), changed_(changed) {
    add_known();
}

/// Adds the addresses of a host that takes no look-up, in which case the look-up is complete. What
/// an `address` of localhost binds is the first that the name connects to.
void host_look_up::add_known() {
    const std::optional<address> literal = address::literal(host_, port_);
    if (!literal)
        return;
    const auto add_if_wanted = [this](const address& known) {
        if (options_.family == AF_UNSPEC || options_.family == known.family())
            found_.push_back(known);
    };
    add_if_wanted(*literal);
    if (host_ == "localhost")
        add_if_wanted(address("::1", port_));
    if (found_.empty())
        v4_.error = v6_.error = std::error_code(EAI_ADDRFAMILY, resolver_category());
    complete_ = true;
}

task<> host_look_up::run() {
    if (!complete_) {
        if (options_.family == AF_UNSPEC)
            co_await when_all(look_up(AF_INET6, v6_), look_up(AF_INET, v4_));
        else
            co_await look_up(options_.family, options_.family == AF_INET6 ? v6_ : v4_);
        complete_ = true;
    }
    changed_.set();
}

task<> host_look_up::look_up(int family, side& own) {
    thread_pool* const pool =
        options_.pool != nullptr ? options_.pool : &per_process<look_up_pool>::get();
    look_up_operation asked(loop_.core(), {host_, family, pool});
    own.error = co_await asked;
    if (!own.error && family == AF_INET && options_.family == AF_UNSPEC) {
        std::error_code late;
        co_await with_timeout(resolution_delay, v6_.ended.wait(late));
    }
    if (!own.error) {
        for (const address& each : asked.addresses())
            add(each);
        changed_.set();
    }
    own.ended.set();
}

void host_look_up::add(const address& portless) {
    sockaddr_storage native{};
    std::memcpy(&native, portless.data(), portless.size());
    const in_port_t port = htons(static_cast<std::uint16_t>(port_));
    if (portless.family() == AF_INET6)
        reinterpret_cast<sockaddr_in6&>(native).sin6_port = port;
    else
        reinterpret_cast<sockaddr_in&>(native).sin_port = port;
    found_.push_back(address::from(reinterpret_cast<const sockaddr*>(&native), portless.size()));
}

std::error_code host_look_up::error() const noexcept {
    if (options_.family != AF_UNSPEC)
        return options_.family == AF_INET6 ? v6_.error : v4_.error;
    return is_plain_absence(v4_.error) ? v6_.error : v4_.error;
}

}  // namespace ringlet::detail
