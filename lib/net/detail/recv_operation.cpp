#include <ringlet/net/detail/recv_operation.hpp>

#include <poll.h>

namespace ringlet::detail {

ring_operation::readiness recv_operation::missing_readiness() noexcept {
    return {fd_, POLLIN};
}

}  // namespace ringlet::detail
