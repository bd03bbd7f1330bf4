#pragma once

#include <ringlet/net/address.hpp>

#include <chrono>

namespace ringlet::detail {

/// What is known of the processes that have a socket at an address.
enum class address_holder {
    alive,    ///< one of them lives
    dead,     ///< all have ended; the kernel is about to end the socket
    unknown,  ///< the socket is not listed, or it may be that of a process that hides its
              ///< descriptors
};

/// Looks for the processes that have a socket of `type`, SOCK_STREAM or SOCK_DGRAM, at the address
/// `local`, which is in use: asks the kernel for the sockets (sock_diag(7), /proc/net), and looks
/// for them among the descriptors of all processes. It takes some milliseconds where there are many
/// processes. Throws std::bad_alloc. proc(5).
[[nodiscard]] address_holder holder_of(const address& local, int type);

/// The wait for an address whose holder has died. A process that is killed leaves its ring behind,
/// and the kernel ends that a while later, and then the sockets on which the ring still accepts or
/// receives: after 5 ms most often, and after some seconds on a machine that is overloaded.
///
/// It blocks the thread: for `unknown_max` at most where it cannot be told whether the holder is
/// dead, and for `in_loop_max` at most in a running loop, which has others to serve.
class wait_for_holder {
public:
    static constexpr std::chrono::milliseconds unknown_max{100};
    static constexpr std::chrono::milliseconds in_loop_max{100};

    /// A wait for `local`, which must outlive this object, of `timeout` at most.
    wait_for_holder(const address& local, int type, std::chrono::milliseconds timeout) noexcept
        : local_(local), type_(type), timeout_(timeout) {}

    /// Waits a moment after an attempt to bind that found the address in use. Whether another
    /// attempt is due: not if the holder lives, and not if the time is over.
    [[nodiscard]] bool again();

private:
    [[nodiscard]] std::chrono::milliseconds longest() const;

    const address& local_;
    int type_;
    std::chrono::milliseconds timeout_;
    std::chrono::milliseconds pause_{1};
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

}  // namespace ringlet::detail
