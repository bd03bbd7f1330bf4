#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/stream.hpp>

#include <memory>
#include <string>

namespace ringlet::tls::detail {

class client_state;

/// Has a client speak TLS on `plain`, as tls::upgrade does. Sessions are taken up from connections
/// to this `port` of the host; 0 stands for any.
[[nodiscard]] task<stream> upgrade_to(stream plain, const std::shared_ptr<client_state>& context,
                                      const std::string& host, int port, error_sink error);

}  // namespace ringlet::tls::detail
