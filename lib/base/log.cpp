#include "base/detail/stderr_log.hpp"

#include <ringlet/base/log.hpp>

#include <atomic>

namespace ringlet {

namespace {

constinit detail::stderr_log to_stderr;
constinit std::atomic<log_sink*> process_log{&to_stderr};

}  // namespace

std::string_view to_string(log_level level) noexcept {
    switch (level) {
    case log_level::debug:
        return "debug";
    case log_level::info:
        return "info";
    case log_level::warning:
        return "warning";
    default:
        return "error";
    }
}

void log(const log_record& record) noexcept {
    try {
        process_log.load(std::memory_order_acquire)->write(record);
    } catch (...) {
        to_stderr.write(record);
    }
}

void log(log_level level, std::string_view message,
         std::initializer_list<log_field> fields) noexcept {
    log(log_record{level, message, std::span(fields.begin(), fields.size())});
}

void set_log_options(const log_options& options) noexcept {
    to_stderr.set(options);
}

log_sink* set_log(log_sink* sink) noexcept {
    return process_log.exchange(sink == nullptr ? &to_stderr : sink, std::memory_order_acq_rel);
}

}  // namespace ringlet
