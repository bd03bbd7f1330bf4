#include <ringlet/net/detail/write_request.hpp>

#include <algorithm>

namespace ringlet::detail {

bool write_request::attempt() {
    const auto written = buffers_.subspan(1);
    if (written.empty())
        return bytes_.empty();
    std::size_t size = bytes_.size();
    for (const const_buffer& each : written)
        size += each.size();
    if (size > bytes_.ordinary_capacity())
        return false;
    for (const const_buffer& each : written)
        bytes_.append(each);
    return true;
}

std::span<const const_buffer> write_request::list() noexcept {
    buffers_.front() = bytes_.view();
    const auto first =
        std::ranges::find_if(buffers_, [](const const_buffer& each) { return each.size() > 0; });
    return {first, buffers_.end()};
}

}  // namespace ringlet::detail
