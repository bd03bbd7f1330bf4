#pragma once

#include <ringlet/base/log.hpp>

#include <atomic>
#include <cstdint>
#include <string_view>

namespace ringlet::detail {

/// The default log, which writes each record of a level that its options ask for as one log_line to
/// stderr. A line that cannot be written is lost, because stderr is closed, or is full and does not
/// block. The next line that can be written follows a line that says how many were lost.
///
/// Thread-safe, without a lock that a forked child could find locked.
class stderr_log final : public log_sink {
public:
    /// Sets what is written from now on.
    void set(const log_options& options) noexcept { options_.store(options); }

    void write(const log_record& record) noexcept override;

private:
    void report_lost(const log_options& options) noexcept;

    std::atomic<log_options> options_{log_options{}};
    std::atomic<std::uint64_t> lost_{0};
};

}  // namespace ringlet::detail
