#include "base/detail/valid_timeout.hpp"

#include <ringlet/net/detail/buffered_side.hpp>

#include <stdexcept>
#include <string>
#include <system_error>

namespace ringlet::detail {

buffered_side::buffered_side(const char* kind, std::chrono::milliseconds timeout)
    : core_(loop_core::require_current(kind)), timeout_(timeout) {
    require_valid_timeout(timeout, std::string(kind) + "_options: timeout");
}

void buffered_side::require_not_cancelled(const char* caller) const {
    if (cancelled())
        throw std::system_error(core_.scope().reason(), caller);
}

void buffered_side::refuse(const char* caller) {
    throw std::logic_error(std::string(caller) + ": another one is pending on this side of the "
                                                 "stream; await it first");
}

}  // namespace ringlet::detail
