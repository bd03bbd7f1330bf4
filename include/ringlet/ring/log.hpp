#pragma once

#include <ringlet/ring/log_record.hpp>
#include <ringlet/ring/log_sink.hpp>

#include <initializer_list>
#include <string_view>

namespace ringlet {

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

}  // namespace ringlet
