#pragma once

#include <ringlet/net/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ringlet::detail {

/// Decides how long a datagram for which there is no room may wait for it.
///
/// Thread-safe.
class send_patience {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// A wait for room.
    struct wait {
        time_point until;        ///< when the send gives up; a time that has come forbids the wait
        std::size_t place = 0;   ///< for the patience itself
        std::uint64_t mark = 0;  ///< for the patience itself
    };

    send_patience() = default;
    send_patience(const send_patience&) = delete;
    send_patience& operator=(const send_patience&) = delete;

    /// Begins a wait of a datagram to `receiver`, which is nullptr for the peer of the socket. An
    /// `end` follows.
    [[nodiscard]] virtual wait begin(const address* receiver, time_point now) noexcept = 0;

    /// Ends a wait.
    virtual void end(const wait& ended) noexcept = 0;

    /// Notes that a datagram to `receiver` was given up.
    virtual void gave_up(const address* receiver) noexcept = 0;

protected:
    ~send_patience() = default;
};

}  // namespace ringlet::detail
