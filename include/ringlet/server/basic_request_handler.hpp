#pragma once

#include <ringlet/server/request_handler.hpp>

namespace ringlet {

/// A handler, as a class, of what a server serves: `Request` is a connected stream, or a
/// datagram_request.
template <class Request>
class basic_request_handler : public request_handler {
public:
    [[nodiscard]] Request& request() const noexcept { return *attached(request_); }

    /// For a server: what `request` will give.
    void attach(Request& request) noexcept { request_ = &request; }

private:
    Request* request_ = nullptr;
};

}  // namespace ringlet
