#pragma once

#include <ringlet/base/log.hpp>

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string_view>

namespace ringlet::daemon {

/// What a line_log writes, and how.
struct line_log_options {
    /// The form of a line: a log_line, in the manner of logfmt, or an object of JSON.
    enum class form { logfmt, json };

    /// The least level that is written; records that matter less are left out.
    log_level least = log_level::info;

    /// Whether each line has the time of its record, in UTC.
    bool time = false;

    /// The form of a line: see `form`.
    form lines = form::logfmt;
};

/// A log of lines that never waits for its reader: where the pipe, the terminal or the socket
/// behind the descriptor has no room, the line is lost and counted, and the next one that finds
/// room follows a line that says how many were lost. The default log waits, as long as stderr does.
///
///     static ringlet::daemon::line_log lines({.lines = line_log_options::form::json});
///     ringlet::set_log(&lines);
///
/// A line of JSON has the members `level`, `message`, `time` if the options ask for it, the fields
/// of the record, and `suppressed` if it is not 0: all of them strings. What is not printable ASCII
/// is escaped, byte by byte. A line takes log_line::size_max bytes at most: what does not fit is
/// left out, and a member `cut` says so.
///
/// Thread-safe, and it works in forked children. Lifetime: see set_log; the descriptor stays open
/// as long.
class line_log final : public log_sink {
public:
    /// A log on stderr, or on another descriptor. It opens the same pipe or terminal once more
    /// (/proc/self/fd), so that what others do with the descriptor goes on to wait; where that is
    /// refused, it asks before each line whether there is room. So make it before privileges are
    /// dropped. Throws std::system_error where the descriptor is not open.
    explicit line_log(const line_log_options& options, int fd = STDERR_FILENO);
    line_log() : line_log(line_log_options()) {}
    line_log(const line_log&) = delete;
    line_log& operator=(const line_log&) = delete;
    ~line_log();

    void write(const log_record& record) override;

    /// How many lines have been lost by now.
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

private:
    enum class way { plain, nonblocking, asked, socket };

    [[nodiscard]] bool write_record(const log_record& record) noexcept;
    [[nodiscard]] bool write_line(std::string_view line) const noexcept;
    void report_lost() noexcept;

    const line_log_options options_;
    int fd_;
    bool owned_ = false;
    way way_ = way::plain;
    std::atomic<std::uint64_t> lost_{0};
    std::atomic<std::uint64_t> unreported_{0};
};

}  // namespace ringlet::daemon
