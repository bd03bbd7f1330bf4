#pragma once

#include <ringlet/net/stream.hpp>
#include <ringlet/server/basic_request_handler.hpp>

namespace ringlet {

/// The handler of a connection, as a class, with nothing done for it. See stream_request_handler
/// for one that sets the connection up and can buffer it.
using base_request_handler = basic_request_handler<stream>;

}  // namespace ringlet
