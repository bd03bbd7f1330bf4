#pragma once

#include <ringlet/base/log_value.hpp>

#include <array>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace ringlet {

/// How much an event matters.
enum class log_level {
    debug,    ///< It helps to find a fault; the default log leaves it out.
    info,     ///< It tells what goes on.
    warning,  ///< Something is amiss, and the program goes on.
    error,    ///< The program could not do something that it was asked to do.
};

/// The name of a level, as a log_line has it: `warning`.
[[nodiscard]] std::string_view to_string(log_level level) noexcept;

/// One particular of an event, such as `{"address", peer}` or `{"bytes", 4096}`. Lifetime: the name
/// and the value are valid during the call that gets the field.
struct log_field {
    std::string_view name;  ///< A word in snake_case, with the unit of a bare number: "size_kib".
    log_value value;        ///< A log_line quotes and escapes its text.
};

/// One event, as a log_sink gets it. Lifetime: the views are valid during the call that gets the
/// record.
struct log_record {
    log_level level;                      ///< How much the event matters.
    std::string_view message;             ///< What happened, in fixed words for each kind of event.
    std::span<const log_field> fields{};  ///< The particulars of this event.

    /// How many events of this kind a log_throttle has left out since the last report.
    std::uint64_t suppressed = 0;

    /// When the event was reported.
    std::chrono::system_clock::time_point time = std::chrono::system_clock::now();
};

/// The destination of the library's reports: a program derives from it, and passes an object to
/// `set_log`.
class log_sink {
public:
    /// Takes one record. It is called from any thread, from several threads at once, from the
    /// threads that serve, and in forked children: it must be thread-safe and should not block. If
    /// it throws, only this record is affected, and goes to stderr instead. If it calls `log`, the
    /// record comes back to it.
    virtual void write(const log_record& record) = 0;

protected:
    ~log_sink() = default;
};

/// Reports an event to the process's log. Thread-safe; never throws. An event that may happen often
/// is reported through a log_throttle instead.
void log(const log_record& record) noexcept;

/// Reports an event to the process's log. Thread-safe; never throws.
///
///     log(log_level::warning, "accepting pauses", {{"address", address}, {"error", error_code}});
///
/// An event that may happen often is reported through a log_throttle instead.
void log(log_level level, std::string_view message,
         std::initializer_list<log_field> fields = {}) noexcept;

/// What the default log writes to stderr, and how.
struct log_options {
    /// The least level that is written; records that matter less are left out.
    log_level least = log_level::info;

    /// Whether each line has the time of its record, in UTC. It is off by default, since what reads
    /// stderr in operation, such as systemd's journal or a container's log, adds a time of its own.
    bool time = false;
};

/// Sets the options of the default log, also for the time after another sink's. Thread-safe.
void set_log_options(const log_options& options) noexcept;

/// Makes `sink` the process's log; nullptr stands for the default log. The default log writes each
/// record as one log_line to stderr, in one write(2), so that the lines of several threads and
/// processes do not mix. Returns the log that was there before, which is never nullptr.
///
/// Thread-safe. Lifetime: `sink` must last until another log has taken its place and every call
/// that is still in it has returned, as with std::pmr::set_default_resource: set it before the
/// servers are made.
log_sink* set_log(log_sink* sink) noexcept;

/// A record as one line of text, which the default log writes and other sinks may:
///
///     ringlet: accepting pauses level=warning address=[::1]:80 error="Too many open files"
///
/// Behind the message come fields in the manner of logfmt: `level`, `time` if the options ask for
/// it (RFC 3339, in UTC, to the microsecond), those of the record, and `suppressed` if it is not 0.
/// A value that is empty or has a space, a quote, a backslash or `=` in it is quoted. A character
/// that is not printable ASCII is escaped as in C (`\n`, `\t`, `\x1b`), so that a client can
/// neither forge a line nor command a terminal.
class log_line {
public:
    /// What a line has beside the record's message and fields.
    struct options {
        bool time = false;  ///< Whether it has the time of the record, in UTC.
    };

    /// The size of a line in bytes, with its newline, at most: a pipe takes that much in one piece.
    /// pipe(7). The rest of a longer record is left out, and `...` stands for it.
    static constexpr std::size_t size_max = PIPE_BUF;

    /// Makes the line of `record`, which is not needed any more afterwards. A value whose text
    /// cannot be made, for lack of memory, is `?`.
    explicit log_line(const log_record& record) noexcept : log_line(record, options{}) {}

    /// Makes the line of `record` with what `wanted` asks for.
    log_line(const log_record& record, const options& wanted) noexcept;

    /// The text of the line, with its newline. Lifetime: this object's.
    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

private:
    void append_field(const log_field& field) noexcept;
    void append_value(std::string_view value) noexcept;
    void append_escaped(std::string_view text) noexcept;
    void append(std::string_view piece) noexcept;
    void append_end(std::string_view piece) noexcept;

    std::size_t size_ = 0;
    bool quoted_ = false;  // whether a quotation mark is open
    bool cut_ = false;     // whether something did not fit
    std::array<char, size_max> text_;
};

}  // namespace ringlet
