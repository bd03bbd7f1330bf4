#pragma once

#include "base/detail/shared_memory.hpp"

#include <ringlet/net/detail/send_wait_limit.hpp>
#include <ringlet/server/server_options.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ringlet::detail {

/// The replies of a datagram server that wait for room at their Unix clients: so many in all, and
/// so many for one client. A reply beyond that does not wait. So clients that receive nothing
/// cannot have all requests wait that the server handles at a time. Over UDP a client cannot keep a
/// reply waiting, and no reply is counted.
///
/// Each reply that waits has a place in memory that forked children share. The place of a child
/// that was killed is free again once its reply would have been given up.
///
/// Thread-safe, without a lock, and usable from all the processes.
class waiting_replies final {
public:
    /// Places as `options` ask for. Throws std::system_error.
    explicit waiting_replies(const server_options& options);

    /// See send_wait_limit.
    [[nodiscard]] send_wait_limit::wait begin(const address& client,
                                              send_wait_limit::time_point now) noexcept;
    void end(const send_wait_limit::wait& ended) noexcept;

private:
    using place = std::atomic<std::uint64_t>;   // the mark of the reply that has it; 0 for none
    static_assert(place::is_always_lock_free);  // processes cannot share a lock

    [[nodiscard]] std::size_t count(std::uint64_t client, std::uint64_t now) const noexcept;

    std::chrono::milliseconds timeout_;
    std::size_t per_client_max_;
    shared_memory<place> places_;
};

}  // namespace ringlet::detail
