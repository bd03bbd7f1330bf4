#include <ringlet/net/detail/layer_side.hpp>
#include <ringlet/net/detail/recv_operation.hpp>

#include <poll.h>

namespace ringlet::detail {

ring_operation::readiness recv_operation::missing_readiness() noexcept {
    return {fd_, POLLIN};
}

bool recv_operation::begin_on_layer(layer_side& side, suspension waiter) {
    return side.begin(way_, waiter, [this](stream_layer& layer, std::error_code& error) {
        return layer.recv(mutable_buffer(data_, size_), error);
    });
}

}  // namespace ringlet::detail
