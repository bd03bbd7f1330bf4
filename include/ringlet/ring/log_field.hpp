#pragma once

#include <string_view>

namespace ringlet {

/// One particular of an event, such as `{"address", where.to_string()}`. Lifetime: views, for the
/// call that takes them.
struct log_field {
    std::string_view name;  ///< a word in snake_case, with its unit: "first_pause_ms"
    std::string_view value;
};

}  // namespace ringlet
