#include "json_line.hpp"
#include "base/detail/utc_time.hpp"

namespace ringlet::daemon::detail {

namespace {

constexpr std::string_view cut_mark = "\"cut\":\"true\"";
constexpr std::string_view closing = "}\n";

/// A string of JSON. Bytes that are not printable ASCII become the code point of their number, so
/// that the line is valid whatever a client has sent.
std::string quoted(std::string_view text) {
    static constexpr std::string_view hex = "0123456789abcdef";
    std::string quoted = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            quoted.append("\\").push_back(c);
        else if (c == '\n')
            quoted.append("\\n");
        else if (c >= ' ' && c <= '~')
            quoted.push_back(c);
        else
            quoted.append("\\u00").append({hex[byte / 16U], hex[byte % 16U]});
    }
    return quoted + "\"";
}

}  // namespace

json_line::json_line(const log_record& record, bool time) {
    append_member("level", to_string(record.level));
    append_member("message", record.message);
    if (time)
        append_member("time", ringlet::detail::utc_time(record.time).text());
    if (record.suppressed > 0)
        append_member("suppressed", std::to_string(record.suppressed));
    for (const log_field& field : record.fields)
        field.value.with_text([&](std::string_view value) { append_member(field.name, value); });
    if (cut_)
        text_.append(text_.size() > 1 ? "," : "").append(cut_mark);
    text_.append(closing);
}

void json_line::append_member(std::string_view name, std::string_view value) {
    std::string member = text_.size() > 1 ? "," : "";
    member.append(quoted(name)).append(":").append(quoted(value));
    const std::size_t reserved = 1 + cut_mark.size() + closing.size();
    if (text_.size() + member.size() + reserved > log_line::size_max)
        cut_ = true;
    else
        text_.append(member);
}

}  // namespace ringlet::daemon::detail
