#include "net/detail/datagram_slot.hpp"

#include <ringlet/base/detail/check.hpp>
#include <ringlet/net/datagram.hpp>

#include <algorithm>

namespace ringlet {

const datagram::contents_type datagram::nothing;

datagram::datagram(const_buffer data, const address& sender)
    : contents_(new contents_type{
          .bytes = nullptr, .size = {data.size(), data.size(), false}, .sender = sender}) {
    contents_->own = std::make_unique_for_overwrite<std::byte[]>(data.size());
    contents_->bytes = contents_->own.get();
    std::copy_n(static_cast<const std::byte*>(data.data()), data.size(), contents_->bytes);
}

void datagram::remove_prefix(std::size_t count) noexcept {
    detail::check(count <= data().size(), "a datagram cannot lose more bytes than it has");
    if (count == 0)
        return;
    contents_->bytes += count;
    contents_->size.size -= count;
    contents_->size.original_size -= count;
}

void datagram::detach() {
    if (contents_ == nullptr || contents_->lender == nullptr)
        return;
    datagram copy(data(), sender());
    copy.contents_->size = contents_->size;
    copy.contents_->info = contents_->info;
    *this = std::move(copy);
}

void datagram::give_back::operator()(contents_type* held) const noexcept {
    if (held->lender != nullptr)
        held->lender->give_back();
    else
        delete held;
}

}  // namespace ringlet
