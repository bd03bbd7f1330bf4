#pragma once

#include <ringlet/base/log.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace ringlet::daemon::detail {

/// A record as one line that is an object of JSON (RFC 8259): see line_log.
class json_line {
public:
    /// Makes the line of `record`, which is not needed any more afterwards. Throws std::bad_alloc,
    /// and what the making of a value's text throws.
    json_line(const log_record& record, bool time);

    /// The text of the line, with its newline. Lifetime: this object's.
    [[nodiscard]] std::string_view text() const noexcept { return text_; }

private:
    void append_member(std::string_view name, std::string_view value);

    std::string text_ = "{";
    bool cut_ = false;
};

}  // namespace ringlet::daemon::detail
