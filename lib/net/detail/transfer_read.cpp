#include <ringlet/net/detail/transfer_read.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace ringlet::detail {

namespace {

// How many bytes are dropped at a time where none may be received beyond them.
constexpr std::size_t drop_max = 4096;

}  // namespace

transfer_read transfer_read::some(byte_buffer& from, mutable_buffer into) {
    if (into.size() == 0)
        throw std::invalid_argument("read_some: the buffer is empty; it must hold a byte or more");
    return {from, into.data(), into.size(), extent::some};
}

bool transfer_read::attempt() {
    move();
    if (done_ == size_ || (done_ > 0 && wanted_ == extent::some))
        return true;
    if (bytes().ended() && wanted_ == extent::all)
        fail(stream_errc::end_of_stream);
    return bytes().ended();
}

void transfer_read::move() noexcept {
    const std::size_t count = std::min(bytes().size(), size_ - done_);
    if (count == 0)
        return;
    if (into_ != nullptr)
        std::memcpy(into_ + done_, bytes().view().data(), count);
    bytes().consume(count);
    done_ += count;
}

// By now `attempt` has moved whatever was buffered.
mutable_buffer transfer_read::room() {
    const std::size_t left = size_ - done_;
    const std::size_t ordinary = bytes().ordinary_capacity();
    direct_ = into_ != nullptr && left >= ordinary;
    if (direct_)
        return {into_ + done_, left};
    const std::size_t count = std::min(left, ordinary > 0 ? ordinary : drop_max);
    return bytes().prepare(count, count);
}

void transfer_read::received(std::size_t count) {
    if (!direct_ || count == 0)
        read_request::received(count);
    else
        done_ += count;
}

void transfer_read::put_back() {
    if (into_ == nullptr)
        return;
    bytes().prepend({into_, done_});
    done_ = 0;
}

}  // namespace ringlet::detail
