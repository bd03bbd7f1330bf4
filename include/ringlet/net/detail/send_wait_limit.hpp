#pragma once

#include <ringlet/net/address.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ringlet::detail {

/// Decides how long a datagram for which there is no room may wait for it.
///
/// Thread-safe.
class send_wait_limit {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// A wait for room.
    struct wait {
        time_point until;        ///< when the send gives up; a time that has come forbids the wait
        std::size_t place = 0;   ///< for the wait limit itself
        std::uint64_t mark = 0;  ///< for the wait limit itself
    };

    send_wait_limit() = default;
    send_wait_limit(const send_wait_limit&) = delete;
    send_wait_limit& operator=(const send_wait_limit&) = delete;

    /// Begins a wait of a datagram to `receiver`, which is nullptr for the peer of the socket. An
    /// `end` follows.
    [[nodiscard]] virtual wait begin(const address* receiver, time_point now) noexcept = 0;

    /// Ends a wait.
    virtual void end(const wait& ended) noexcept = 0;

    /// Notes that a datagram to `receiver` was given up.
    virtual void gave_up(const address* receiver) noexcept = 0;

protected:
    ~send_wait_limit() = default;
};

}  // namespace ringlet::detail
