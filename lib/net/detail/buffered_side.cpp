#include <ringlet/net/detail/buffered_side.hpp>

#include <stdexcept>
#include <string>
#include <system_error>

namespace ringlet::detail {

namespace {

constexpr std::chrono::milliseconds timeout_max = std::chrono::hours(24 * 365);

}  // namespace

buffered_side::buffered_side(const char* kind, std::chrono::milliseconds timeout)
    : core_(loop_core::require_current(kind)), timeout_(timeout) {
    if (timeout < timeout.zero() || timeout > timeout_max)
        throw std::invalid_argument(std::string(kind) + "_options: timeout must be 0 to a year");
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
