#pragma once

#include "operation.hpp"

#include <ringlet/base/detail/intrusive_list.hpp>

#include <cstdint>
#include <optional>

namespace ringlet::testing::detail {

/// The real descriptors for which simulated rings wait: events (eventfd(2)) of the library's own,
/// by which the code of a simulation wakes itself.
class watched_events {
public:
    /// Whether a descriptor is an event.
    [[nodiscard]] static bool is_event(int fd) noexcept;

    /// Carries out a READ or a POLL_ADD, if the event is readable.
    [[nodiscard]] static std::optional<int> attempt(operation& tried) noexcept;

    /// Lets an operation wait until its event is readable.
    void add(operation& waiting) { waiting_.push_back(waiting); }
    void remove(operation& gone) noexcept { gone.unlink(); }

    /// Attempts what waits, if an event has been signalled since the last look. It costs no system
    /// call otherwise.
    void look();

    /// Attempts what waits. True if something has ended.
    bool look_again();

private:
    ringlet::detail::intrusive_list<operation> waiting_;
    std::uint64_t signals_seen_ = 0;
};

}  // namespace ringlet::testing::detail
