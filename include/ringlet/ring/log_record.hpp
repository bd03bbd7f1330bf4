#pragma once

#include <ringlet/ring/log_field.hpp>
#include <ringlet/ring/log_level.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace ringlet {

/// One event, as a log_sink gets it. Lifetime: views, for the call that takes them.
struct log_record {
    log_level level;
    std::string_view message;  ///< what happened: the same words each time
    std::span<const log_field> fields{};

    /// How many events of this kind have been left out since the last one: see log_throttle.
    std::uint64_t suppressed = 0;
};

}  // namespace ringlet
