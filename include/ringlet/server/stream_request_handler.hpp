#pragma once

#include <ringlet/server/base_request_handler.hpp>

namespace ringlet {

/// A handler for connected streams: base_request_handler with the connection set up for them. A
/// class of yours that overrides `setup` or `finish` awaits those here too.
class stream_request_handler : public base_request_handler {
public:
    [[nodiscard]] task<> setup() override;

    /// The connection, by socketserver's other name for `request`.
    [[nodiscard]] stream& connection() const noexcept { return request(); }

protected:
    /// Whether small pieces are sent at once (TCP_NODELAY) on a TCP connection; set it in the
    /// constructor. Unlike in socketserver it is on by default.
    bool disable_nagle_algorithm = true;
};

}  // namespace ringlet
