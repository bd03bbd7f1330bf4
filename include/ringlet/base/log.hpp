#pragma once

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace ringlet {

/// How much an event matters.
enum class log_level {
    debug,    ///< to those who look for a fault; the default log leaves it out
    info,     ///< to those who want to know what goes on
    warning,  ///< something is amiss, and the program goes on
    error,    ///< something that was asked for was not done
};

/// One particular of an event, such as `{"address", where.to_string()}`. Lifetime: views, for the
/// call that takes them.
struct log_field {
    std::string_view name;  ///< a word in snake_case, with its unit: "first_pause_ms"
    std::string_view value;
};

/// One event, as a log_sink gets it. Lifetime: views, for the call that takes them.
struct log_record {
    log_level level;
    std::string_view message;  ///< what happened: the same words each time
    std::span<const log_field> fields{};

    /// How many events of this kind have been left out since the last one: see log_throttle.
    std::uint64_t suppressed = 0;
};

/// Where the library's reports go: derive from it, and name it to `set_log`.
class log_sink {
public:
    /// Takes one record. Called from any thread, from several at once, in forked children too, and
    /// from the threads that serve: it must be thread-safe and should not block. What it throws
    /// costs only this record, which goes to stderr instead. What it logs itself comes back to it.
    virtual void write(const log_record& record) = 0;

protected:
    ~log_sink() = default;
};

/// Reports an event to the process's log. From any thread; never throws.
///
///     log(log_level::warning, "accepting pauses", {{"address", where}, {"error", what}});
///
/// What may happen often is reported through a log_throttle.
void log(const log_record& record) noexcept;
void log(log_level level, std::string_view message,
         std::initializer_list<log_field> fields = {}) noexcept;

/// Makes `sink` the process's log, or for nullptr the default one, which writes each record as one
/// log_line to stderr, in one write(2), so that those of several threads and processes do not mix.
/// Returns the one before; it is never nullptr.
///
/// From any thread. Lifetime, as with std::pmr::set_default_resource: `sink` must last until
/// another has taken its place and whoever might still be in it has ended: set it before the
/// servers are made.
log_sink* set_log(log_sink* sink) noexcept;

/// A record as the one line that the default log writes, for sinks that want the same:
///
///     ringlet: accepting pauses address=127.0.0.1:9999 error="Too many open files" suppressed=3
///
/// A value that is not plain is quoted. What is no printable ASCII is escaped as in C (`\n`, `\t`,
/// `\x1b`), so that a client cannot forge a line nor command a terminal.
class log_line {
public:
    /// The size of a line, with its newline: what a pipe takes in one piece. pipe(7). Of a record
    /// that is longer the rest is left out, and `...` stands for it.
    static constexpr std::size_t size_max = PIPE_BUF;

    explicit log_line(const log_record& record) noexcept;

    /// The line, with its newline. Lifetime: this object's.
    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

private:
    void append_field(const log_field& field) noexcept;
    void append_escaped(std::string_view text) noexcept;
    void append(std::string_view piece) noexcept;
    void append_end(std::string_view piece) noexcept;

    std::size_t size_ = 0;
    bool quoted_ = false;  // whether a quotation mark is open
    bool cut_ = false;     // whether something did not fit
    std::array<char, size_max> text_;
};

}  // namespace ringlet
