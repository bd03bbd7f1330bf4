#pragma once

#include "counter_store.hpp"

#include <ringlet/base/log_throttle.hpp>
#include <ringlet/server/exit_status.hpp>

#include <sys/types.h>

#include <cstddef>
#include <vector>

namespace ringlet::detail {

/// Gives each forked child of a server a slot to count in. When a child fails or leaves requests
/// unfinished, counts these requests as lost and reports the child to the log.
///
/// One thread: that of the loop that serves.
class child_accounts {
public:
    /// Accounts for the slots of `all` from `first` on. `all` and `lost` must outlive the accounts.
    child_accounts(counter_store& all, std::size_t first, log_throttle& lost);

    /// Takes a slot for a child that the server is about to fork. The server must have fewer
    /// children than slots.
    [[nodiscard]] std::size_t open();

    /// Takes back the slot of a child that the server did not fork after all.
    void cancel(std::size_t slot) noexcept;

    /// Counts a child that the server has forked.
    void started() noexcept { counter_slot::count(all_.slot(0).children_started); }

    /// Takes back the slot of a child that has ended, and counts and reports its lost requests.
    void ended(std::size_t slot, pid_t child, const exit_status& status) noexcept;

private:
    counter_store& all_;
    std::vector<std::size_t> free_;
    log_throttle& lost_;
};

}  // namespace ringlet::detail
