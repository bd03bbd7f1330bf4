#pragma once

#include <ringlet/base/log.hpp>

#include <atomic>
#include <cstdint>
#include <string_view>

namespace ringlet::detail {

/// The default log: each record but those for debugging is one log_line on stderr. A line that
/// cannot be written (stderr is full and does not block, or is closed) is lost; the next one that
/// can be comes after one that says how many were.
///
/// Thread-safe, without a lock that a forked child could find locked.
class stderr_log final : public log_sink {
public:
    void write(const log_record& record) noexcept override;

private:
    void report_lost() noexcept;

    std::atomic<std::uint64_t> lost_{0};
};

}  // namespace ringlet::detail
