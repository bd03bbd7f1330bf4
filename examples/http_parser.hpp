#pragma once

#include "http_request.hpp"

#include <llhttp.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Makes requests out of the bytes that a client sends. It has llhttp read them, the parser of
/// Node.js, and adds the limits, and the rules that llhttp leaves to servers.
class http_parser {
public:
    http_parser();
    http_parser(const http_parser&) = delete;
    http_parser& operator=(const http_parser&) = delete;

    /// Begins with the next request.
    void begin();

    /// Takes `bytes`, which follow those that it has been given, up to the end of the request.
    /// Returns how many it has taken. Throws http_refusal; then the connection must end, since
    /// nobody knows where the next request begins.
    std::size_t take(std::string_view bytes);

    /// Whether the request is whole. A body, where the request has one, has been dropped.
    [[nodiscard]] bool done() const noexcept { return done_; }

    /// The request, as far as it has come.
    [[nodiscard]] http_request& request() noexcept { return request_; }

private:
    static const llhttp_settings_t settings;

    static http_parser& of(llhttp_t* native);
    void end_field();
    void end_head(char last_byte);
    void check_framing() const;

    llhttp_t native_{};
    http_request request_;
    std::string field_name_;
    std::string field_value_;
    std::size_t head_size_ = 0;
    std::size_t body_size_ = 0;
    bool head_ended_ = false;
    bool done_ = false;
    bool may_go_on_ = false;  // another request may follow this one
    bool malformed_field_ = false;
};
