#include "stderr_log.hpp"
#include "standard_descriptors.hpp"
#include "without_sigpipe.hpp"

#include <ringlet/base/log.hpp>

#include <unistd.h>

#include <cerrno>

namespace ringlet::detail {

namespace {

/// Writes `text` to stderr; goes on after a short write as long as stderr takes more. Whether all
/// of `text` was written.
bool write_to_stderr(std::string_view text) noexcept {
    if (!stderr_is_open())
        return false;
    const without_sigpipe sigpipe_blocked;
    while (!text.empty()) {
        const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
        if (count >= 0) {
            text.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EINTR) {
            if (errno == EPIPE)
                sigpipe_blocked.take_back();
            return false;
        }
    }
    return true;
}

}  // namespace

void stderr_log::write(const log_record& record) noexcept {
    const log_options options = options_.load();
    if (record.level < options.least)
        return;
    report_lost(options);
    if (!write_to_stderr(log_line(record, {.time = options.time}).text()))
        ++lost_;
}

void stderr_log::report_lost(const log_options& options) noexcept {
    const std::uint64_t lost = log_level::warning < options.least ? 0 : lost_.exchange(0);
    if (lost == 0)
        return;
    const log_field field{"count", lost};
    const log_record report{log_level::warning, "lines for stderr were lost", {&field, 1}};
    if (!write_to_stderr(log_line(report, {.time = options.time}).text()))
        lost_ += lost;
}

}  // namespace ringlet::detail
