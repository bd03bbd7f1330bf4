#include "base/detail/valid_timeout.hpp"

#include <ringlet/net/detail/message_clock.hpp>

#include <string>

namespace ringlet::detail {

message_clock::message_clock(const char* kind, std::chrono::milliseconds timeout)
    : timeout_(timeout) {
    require_valid_timeout(timeout, std::string(kind) + "_options: message_timeout");
}

}  // namespace ringlet::detail
