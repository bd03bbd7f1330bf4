#pragma once

#include "counter_store.hpp"

#include <ringlet/base/log_throttle.hpp>
#include <ringlet/server/exit_status.hpp>

#include <sys/types.h>

#include <cstddef>
#include <vector>

namespace ringlet::detail {

/// Which slot each forked child of a server counts in, and what becomes of a child's requests when
/// it ends otherwise than it should: they are counted as lost, and the log is told.
///
/// One thread: that of the loop which serves.
class child_accounts {
public:
    /// The slots from `first` on are for children. `all` and `lost` must outlive this.
    child_accounts(counter_store& all, std::size_t first, log_throttle& lost);

    /// A slot for a child that is about to be made. Throws std::bad_alloc.
    [[nodiscard]] std::size_t open();

    /// The child was not made after all.
    void cancel(std::size_t slot) noexcept;

    /// It was made, and it has ended.
    void started() noexcept { counter_slot::count(all_.slot(0).children_started); }
    void ended(std::size_t slot, pid_t child, const exit_status& status) noexcept;

private:
    counter_store& all_;
    std::vector<std::size_t> free_;
    log_throttle& lost_;
};

}  // namespace ringlet::detail
