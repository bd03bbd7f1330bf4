#include <ringlet/net/detail/counted_read.hpp>

#include <algorithm>
#include <limits>

namespace ringlet::detail {

namespace {

// How many bytes there is room for at least, where nobody knows how many will come.
constexpr std::size_t room_min = 4096;

}  // namespace

counted_read::counted_read(byte_buffer& from, std::size_t count, std::size_t max,
                           kind read) noexcept
    : read_request(from), count_(count), kind_(read) {
    if (count > max && read != kind::all)
        fail(stream_errc::too_long);
}

counted_read counted_read::all(byte_buffer& from, std::size_t max) noexcept {
    const bool unlimited = max == std::numeric_limits<std::size_t>::max();
    return {from, unlimited ? max : max + 1, max, kind::all};
}

bool counted_read::attempt() {
    const bool reached = bytes().size() >= count_;
    if (reached && kind_ == kind::all)
        fail(stream_errc::too_long);
    else if (!reached && bytes().ended() && kind_ == kind::exactly)
        fail(stream_errc::end_of_stream);
    return failed() || reached || bytes().ended();
}

mutable_buffer counted_read::room() {
    const std::size_t least =
        kind_ == kind::all ? std::min(count_, bytes().size() + room_min) : count_;
    return bytes().prepare(least, count_);
}

counted_read::result_type counted_read::take() noexcept {
    if (!answered())
        return {};
    const std::string_view view = bytes().view().substr(0, count_);
    if (kind_ != kind::peek)
        bytes().consume(view.size());
    return view;
}

}  // namespace ringlet::detail
