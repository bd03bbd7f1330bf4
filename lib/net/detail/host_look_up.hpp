#pragma once

#include <ringlet/coro/event.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/resolve.hpp>

#include <chrono>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace ringlet::detail {

/// Finds the addresses of a host. IPv6 and IPv4 addresses are looked up apart, so that the loss of
/// one answer does not hold up the other (RFC 8305, 3).
///
/// One thread: the loop's.
class host_look_up {
public:
    /// How long IPv4 addresses wait for IPv6 ones, which go first (RFC 8305, 8).
    static constexpr std::chrono::milliseconds resolution_delay{50};

    /// Prepares the look-up of `host`; `changed` is set whenever addresses have come, and when no
    /// more will come. Throws std::invalid_argument for a malformed host or a port that is not 0 to
    /// 65535, std::logic_error outside a loop.
    host_look_up(std::string host, int port, const resolve_options& options, event& changed);
    host_look_up(const host_look_up&) = delete;
    host_look_up& operator=(const host_look_up&) = delete;

    /// Looks the host up. It ends early when it is cancelled; nothing is thrown but std::bad_alloc.
    [[nodiscard]] task<> run();

    /// Whether no more addresses will come.
    [[nodiscard]] bool complete() const noexcept { return complete_; }

    /// Gives the addresses that have come since the last call, IPv6 before IPv4.
    [[nodiscard]] std::vector<address> take() { return std::exchange(found_, {}); }

    /// Whether `take` has addresses to give.
    [[nodiscard]] bool found() const noexcept { return !found_.empty(); }

    /// Whether IPv6 addresses have come, and IPv4 ones may.
    [[nodiscard]] bool waits_for_v4() const noexcept { return !complete_ && !v4_.ended.is_set(); }

    /// The error for which there is no address, once the look-up is complete without any.
    [[nodiscard]] std::error_code error() const noexcept;

private:
    /// The look-up of one family.
    struct side {
        std::error_code error;
        event ended;
    };

    void add_known();
    task<> look_up(int family, side& own);
    void add(const address& portless);

    loop& loop_;
    const std::string host_;
    const int port_;
    const resolve_options options_;
    event& changed_;
    std::vector<address> found_;
    bool complete_ = false;
    side v6_;
    side v4_;
};

}  // namespace ringlet::detail
