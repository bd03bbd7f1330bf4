#include <ringlet/server/detail/packet_stream.hpp>

#include <algorithm>

namespace ringlet::detail {

packet_stream::done packet_stream::recv(mutable_buffer buffer) noexcept {
    const auto received = incoming_.first(std::min(incoming_.size(), buffer.size()));
    std::ranges::copy(received, static_cast<std::byte*>(buffer.data()));
    incoming_ = incoming_.subspan(received.size());
    return done(received.size());
}

packet_stream::done packet_stream::send_all(const_buffer buffer) {
    const auto* const first = static_cast<const std::byte*>(buffer.data());
    sent_.insert(sent_.end(), first, first + buffer.size());
    return done(buffer.size());
}

}  // namespace ringlet::detail
