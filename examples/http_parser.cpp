#include "http_parser.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t target_size_max = 8'192;  // in bytes
constexpr std::size_t head_size_max = 32'768;   // the request line and the header fields

/// A body, which this server drops, is read up to here: the next request comes behind it.
constexpr std::size_t body_size_max = 65'536;

const http_refusal malformed{"400 Bad Request"};
const http_refusal other_version{"505 HTTP Version Not Supported"};
const http_refusal too_large{"413 Content Too Large"};

struct known_field {
    std::string_view name;
    std::optional<std::string> http_request::*value;
};

constexpr std::array known_fields{
    known_field{"Expect", &http_request::expect},
    known_field{"Host", &http_request::host},
    known_field{"If-Match", &http_request::if_match},
    known_field{"If-Modified-Since", &http_request::if_modified_since},
    known_field{"If-None-Match", &http_request::if_none_match},
    known_field{"If-Range", &http_request::if_range},
    known_field{"If-Unmodified-Since", &http_request::if_unmodified_since},
    known_field{"Range", &http_request::range},
    known_field{"Transfer-Encoding", &http_request::transfer_encoding},
};

}  // namespace

const llhttp_settings_t http_parser::settings = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_url = [](llhttp_t* native, const char* bytes, std::size_t size) {
        http_request& request = of(native).request_;
        request.method = llhttp_method_name(static_cast<llhttp_method_t>(native->method));
        request.target.append(bytes, size);
        return 0;
    };
    made.on_header_field = [](llhttp_t* native, const char* bytes, std::size_t size) {
        of(native).field_name_.append(bytes, size);
        return 0;
    };
    made.on_header_value = [](llhttp_t* native, const char* bytes, std::size_t size) {
        of(native).field_value_.append(bytes, size);
        return 0;
    };
    made.on_header_value_complete = [](llhttp_t* native) {
        of(native).end_field();
        return 0;
    };
    made.on_headers_complete = [](llhttp_t* native) {
        of(native).head_ended_ = true;
        return static_cast<int>(HPE_PAUSED);
    };
    made.on_message_complete = [](llhttp_t* native) {
        of(native).done_ = true;
        return static_cast<int>(HPE_PAUSED);
    };
    return made;
}();

http_parser::http_parser() {
    begin();
}

void http_parser::begin() {
    llhttp_init(&native_, HTTP_REQUEST, &settings);
    native_.data = this;
    request_ = {};
    field_name_.clear();
    field_value_.clear();
    head_size_ = body_size_ = 0;
    head_ended_ = done_ = may_go_on_ = malformed_field_ = false;
}

http_parser& http_parser::of(llhttp_t* native) {
    return *static_cast<http_parser*>(native->data);
}

std::size_t http_parser::take(std::string_view bytes) {
    std::size_t taken = 0;
    llhttp_errno_t reason = HPE_PAUSED;
    while (!done_ && reason == HPE_PAUSED) {
        const bool in_head = !head_ended_;
        const std::string_view rest = bytes.substr(taken);
        reason = llhttp_execute(&native_, rest.data(), rest.size());
        const std::size_t step =
            reason == HPE_OK
                ? rest.size()
                : static_cast<std::size_t>(llhttp_get_error_pos(&native_) - rest.data());
        taken += step;
        (in_head ? head_size_ : body_size_) += step;
        if (request_.target.size() > target_size_max)
            throw http_refusal{"414 URI Too Long"};
        if (head_size_ > head_size_max)
            throw http_refusal{"431 Request Header Fields Too Large"};
        if (body_size_ > body_size_max)
            throw too_large;
        if (reason == HPE_INVALID_VERSION || reason == HPE_PAUSED_H2_UPGRADE)
            throw other_version;
        if (reason != HPE_OK && reason != HPE_PAUSED)
            throw malformed;
        if (reason == HPE_PAUSED)
            llhttp_resume(&native_);
        if (in_head && head_ended_)
            end_head(rest[step - 1]);
    }
    request_.keep_alive = done_ && may_go_on_;
    return taken;
}

void http_parser::end_field() {
    const std::string_view value = trimmed(field_value_);
    // Some versions of llhttp take names that are none.
    malformed_field_ |=
        field_name_.empty() || field_name_.find_first_of(" \t") != std::string::npos;
    for (const known_field& known : known_fields)
        if (!head_ended_ && equals_ignoring_case(field_name_, known.name)) {
            std::optional<std::string>& so_far = request_.*known.value;
            so_far = so_far ? *so_far + ", " + std::string(value) : std::string(value);
        }
    field_name_.clear();
    field_value_.clear();
}

void http_parser::end_head(char last_byte) {
    // llhttp 8, which Debian 12 has, takes any byte for the last line feed.
    if (last_byte != '\n' || malformed_field_)
        throw malformed;
    if (native_.http_major != 1)
        throw native_.http_major == 0 ? malformed : other_version;
    request_.http_1_0 = native_.http_minor == 0;
    check_framing();
    may_go_on_ = (native_.flags & F_CONNECTION_CLOSE) == 0 &&
                 (!request_.http_1_0 || (native_.flags & F_CONNECTION_KEEP_ALIVE) != 0);
    const bool has_body = native_.content_length > 0 || (native_.flags & F_CHUNKED) != 0;
    if (has_body && request_.expect && !request_.http_1_0) {
        // The client waits for a word before it sends the body. It is told the end, and may send
        // the body or not: so nobody knows where the next request would begin.
        done_ = true;
        may_go_on_ = false;
    } else if (native_.content_length > body_size_max) {
        throw too_large;
    }
}

/// Refuses a request that is not for this server, or whose end another server on the way may see at
/// another place. llhttp has refused a length beside chunks, and two lengths.
void http_parser::check_framing() const {
    const std::optional<std::string>& expect = request_.expect;
    const std::optional<std::string>& host = request_.host;
    const std::optional<std::string>& coding = request_.transfer_encoding;
    if (!host ? !request_.http_1_0 : host->find_first_of(" \t,/\\@?#") != std::string::npos)
        throw malformed;
    if (coding && request_.http_1_0)
        throw malformed;
    if (coding && !equals_ignoring_case(*coding, "chunked"))
        throw http_refusal{"501 Not Implemented"};
    if (expect && !request_.http_1_0 && !equals_ignoring_case(*expect, "100-continue"))
        throw http_refusal{"417 Expectation Failed"};
}
