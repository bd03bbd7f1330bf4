#pragma once

#include "fault_selection.hpp"

#include <ringlet/testing/fault_options.hpp>
#include <ringlet/testing/random_source.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ringlet::testing::detail {

/// Draws what goes wrong under one seed. Each kind of fault draws from a sequence of its own, so
/// that one draw more of one kind shifts none of the others. A fault that is left out is drawn all
/// the same.
class chaos {
public:
    /// Draws the share of each fault in `limits`. Those that are not in `selected` do not occur.
    chaos(std::uint64_t seed, const fault_options& limits, const fault_selection& selected);

    /// Ends all faults. The order of events is drawn as before.
    void calm() noexcept;

    // What happens next, where it can happen.

    [[nodiscard]] std::chrono::nanoseconds latency() noexcept;
    [[nodiscard]] std::chrono::nanoseconds jitter() noexcept;
    [[nodiscard]] std::size_t window() noexcept;

    /// How many bytes a connection may hold for which `drawn` was drawn: as many without faults
    /// once these have ended, so that what is left to send comes to an end too.
    [[nodiscard]] std::size_t window_now(std::size_t drawn) const noexcept;

    /// How many of `available` bytes a receive gives, and a send takes: 1 or more.
    [[nodiscard]] std::size_t received_of(std::size_t available) noexcept;
    [[nodiscard]] std::size_t sent_of(std::size_t available) noexcept;

    [[nodiscard]] std::chrono::nanoseconds lateness() noexcept;
    [[nodiscard]] int accept_error() noexcept;  // 0 for none, or an errno
    [[nodiscard]] bool refuses_connect() noexcept;
    [[nodiscard]] bool connect_hangs() noexcept;
    [[nodiscard]] bool resets() noexcept;
    [[nodiscard]] bool loses_datagram() noexcept;
    [[nodiscard]] bool duplicates_datagram() noexcept;
    [[nodiscard]] std::chrono::nanoseconds datagram_delay() noexcept;
    [[nodiscard]] bool has_no_buffers() noexcept;
    [[nodiscard]] std::chrono::nanoseconds cut() noexcept;  // zero for none
    [[nodiscard]] std::chrono::nanoseconds offload_time() noexcept;

    /// Draws a number below `bound`, for the order of what happens at one time.
    [[nodiscard]] std::size_t choose(std::size_t bound) noexcept;

    /// The kinds that could occur under this seed, before the calm.
    [[nodiscard]] const fault_set& drawn() const noexcept { return drawn_; }

    /// How many of each kind were drawn so far, of those that have a probability.
    [[nodiscard]] const fault_counts& injected() const noexcept { return injected_; }

private:
    [[nodiscard]] bool on(fault kind) const noexcept {
        return present_.test(static_cast<std::size_t>(kind));
    }

    /// Draws whether there is a fault of this kind, which has a probability.
    [[nodiscard]] bool comes(fault kind, random_source& source) const noexcept;

    /// Counts a fault that has come. Whether it is to occur.
    [[nodiscard]] bool occurs(fault kind) noexcept;

    // What a fault comes to, drawn whether it is to occur or not: itself, a part of `whole`, a
    // time.

    [[nodiscard]] bool happens(fault kind, random_source& source) noexcept;
    [[nodiscard]] std::size_t part_of(std::size_t whole, fault kind,
                                      random_source& source) noexcept;
    [[nodiscard]] std::chrono::nanoseconds time_of(fault kind, random_source& source,
                                                   std::chrono::nanoseconds least,
                                                   std::chrono::nanoseconds most) noexcept;

    const fault_selection selected_;
    fault_counts injected_{};
    fault_options share_;
    fault_set present_;
    fault_set drawn_;
    random_source latency_;
    random_source window_;
    random_source receiving_;
    random_source sending_;
    random_source completing_;
    random_source accepting_;
    random_source connecting_;
    random_source resetting_;
    random_source datagrams_;
    random_source cutting_;
    random_source offloading_;
    random_source order_;
};

}  // namespace ringlet::testing::detail
