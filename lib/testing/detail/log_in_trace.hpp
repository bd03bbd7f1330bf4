#pragma once

#include <ringlet/base/log.hpp>

namespace ringlet::testing::detail {

/// The process's log while it lives: what simulated code reports goes into the trace of the run,
/// and also to the log of before, if that is the program's own. The default log does not get it,
/// since the faults of a campaign would fill stderr.
class log_in_trace final : public log_sink {
public:
    log_in_trace() noexcept;
    log_in_trace(const log_in_trace&) = delete;
    log_in_trace& operator=(const log_in_trace&) = delete;
    ~log_in_trace();

    void write(const log_record& record) override;

private:
    log_sink* before_;
    log_sink* default_log_;
};

}  // namespace ringlet::testing::detail
