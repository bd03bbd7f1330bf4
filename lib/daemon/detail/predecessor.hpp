#pragma once

#include <ringlet/base/detail/owned_descriptor.hpp>
#include <ringlet/coro/task.hpp>

#include <cstddef>
#include <string>

namespace ringlet::daemon::detail {

/// The process that has started this one to be replaced by it, at a restart without a gap. It has
/// handed its sockets over as systemd does, and goes on serving until this process is ready.
///
/// The variable `RINGLET_SUCCESSION` tells of it: the id of this process, the descriptor of a
/// socket between the two (unix(7), SOCK_SEQPACKET), and a digit for each socket: 1 where the
/// predecessor has made the socket, so that it is this process's own in the end, else 0. By colons.
///
/// Not thread-safe.
class predecessor {
public:
    static constexpr const char* variable = "RINGLET_SUCCESSION";

    /// What this process says when it serves, and what its predecessor says when it has given up
    /// its sockets.
    static constexpr char ready = 'R';
    static constexpr char given_up = 'G';

    /// The predecessor of this process, or nullptr. The first call reads the environment. Throws
    /// std::system_error where the variable makes no sense.
    [[nodiscard]] static predecessor* of_this_process();

    /// Whether this process owns the socket at an index when its predecessor has gone.
    [[nodiscard]] bool hands_over(std::size_t index) const noexcept {
        return index < owned_.size() && owned_[index] == '1';
    }

    /// Tells the predecessor that this process serves. Yields when the predecessor has given up its
    /// sockets, or has gone.
    [[nodiscard]] task<> replace();

private:
    predecessor(int link, std::string owned) noexcept;

    ringlet::detail::owned_descriptor link_;
    std::string owned_;
};

}  // namespace ringlet::daemon::detail
