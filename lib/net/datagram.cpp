#include "net/detail/datagram_slot.hpp"

#include <ringlet/base/detail/check.hpp>
#include <ringlet/net/datagram.hpp>

#include <algorithm>

namespace ringlet {

datagram::datagram(const_buffer data, const address& sender)
    : data_(static_cast<std::byte*>(const_cast<void*>(data.data()))), size_{data.size(),
                                                                            data.size(), false},
      sender_(sender) {
    detach();
}

void datagram::remove_prefix(std::size_t count) noexcept {
    detail::check(count <= size_.size, "a datagram cannot lose more bytes than it has");
    data_ += count;
    size_.size -= count;
    size_.original_size -= count;
}

void datagram::detach() {
    if (own_)
        return;
    own_ = std::make_unique_for_overwrite<std::byte[]>(size_.size);
    std::ranges::copy(data(), own_.get());
    data_ = own_.get();
    slot_.reset();
}

void datagram::give_back::operator()(detail::datagram_slot* lent) const noexcept {
    lent->give_back();
}

}  // namespace ringlet
