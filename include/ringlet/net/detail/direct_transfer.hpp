#pragma once

#include <ringlet/loop/detail/timer.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/mutable_buffer.hpp>

#include <cerrno>
#include <cstddef>

namespace ringlet {
class stream;
}  // namespace ringlet

namespace ringlet::detail {

/// Moves the bytes that a stream's socket has or takes at once, without the ring: for a layer,
/// which works on what it moves, and is faster while that is warm in the cache. Bytes for which
/// another operation waits are none of its business: the layer makes these calls where it could
/// begin one.
///
/// It can move none where the stream stands on a layer, or in a network that is not the system's.
///
/// One thread: the loop's. Lifetime: the stream outlives it, and does not move meanwhile.
class direct_transfer final : private timer {
public:
    /// What a call yields where nothing can be moved now.
    static constexpr std::ptrdiff_t nothing_yet = -EAGAIN;

    explicit direct_transfer(stream& through) noexcept;
    direct_transfer(const direct_transfer&) = delete;
    direct_transfer& operator=(const direct_transfer&) = delete;
    ~direct_transfer() { forget(); }

    /// Whether it can move bytes at all.
    [[nodiscard]] bool possible() const noexcept { return possible_; }

    /// Receives the bytes that have come, up to the size of `buffer`, which is not empty. Yields
    /// how many it has received, 0 at the end of the stream, `nothing_yet`, or `-errno` for another
    /// error, which is then told to nobody else. recv(2).
    [[nodiscard]] std::ptrdiff_t receive(mutable_buffer buffer) noexcept;

    /// Sends as much of `bytes`, which are not none, as the socket takes at once. Yields how many
    /// it has sent, `nothing_yet`, or `-errno` for another error, which is then told to nobody
    /// else. With `more` the kernel may wait for the bytes that follow, to send them together, but
    /// not beyond this turn of the loop. send(2), MSG_MORE.
    [[nodiscard]] std::ptrdiff_t send(const_buffer bytes, bool more) noexcept;

    /// Leaves the stream alone from now on, so that it can be closed.
    void forget() noexcept;

private:
    void expire() override;
    void hold() noexcept;

    stream& stream_;
    bool possible_;
    bool held_ = false;  // whether the kernel may wait with what was sent
};

}  // namespace ringlet::detail
