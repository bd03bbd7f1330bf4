#include <ringlet/net/detail/delimited_read.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace ringlet::detail {

namespace {

// memchr(3) and memmem(3), whose time is linear whatever the bytes are.
std::size_t find(std::string_view in, std::string_view wanted, std::size_t from) noexcept {
    if (from >= in.size())
        return std::string_view::npos;
    const char* const start = in.data() + from;
    const std::size_t size = in.size() - from;
    const void* const found = wanted.size() == 1
                                  ? std::memchr(start, wanted.front(), size)
                                  : ::memmem(start, size, wanted.data(), wanted.size());
    return found == nullptr ? std::string_view::npos
                            : static_cast<std::size_t>(static_cast<const char*>(found) - in.data());
}

}  // namespace

delimited_read delimited_read::until(byte_buffer& from, std::string_view delimiter,
                                     std::size_t max) {
    if (delimiter.empty())
        throw std::invalid_argument("read_until: the delimiter is empty; a NUL is \"\\0\"sv");
    return {from, delimiter, max, false};
}

bool delimited_read::attempt() {
    const std::string_view window = bytes().view().substr(0, window_max_);
    const std::size_t at = find(window, delimiter_, searched_);
    if (at != std::string_view::npos) {
        found(window, at);
        return true;
    }
    if (window.size() == window_max_) {
        fail(stream_errc::too_long);
        return true;
    }
    // A delimiter may have come in part.
    searched_ = window.size() - std::min(window.size(), delimiter_.size() - 1);
    if (bytes().ended())
        reached_end();
    return bytes().ended();
}

void delimited_read::found(std::string_view window, std::size_t at) noexcept {
    const bool carriage_return = line_ && at > 0 && window[at - 1] == '\r';
    size_ = carriage_return ? at - 1 : at;
    taken_ = at + delimiter_.size();
    searched_ = at;
    if (size_ > max_)
        fail(stream_errc::too_long);
}

void delimited_read::reached_end() noexcept {
    size_ = taken_ = bytes().size();
    nothing_ = bytes().empty();
    if (line_ && size_ > max_)
        fail(stream_errc::too_long);
    else if (!line_ && !nothing_)
        fail(stream_errc::end_of_stream);
}

delimited_read::result_type delimited_read::take() noexcept {
    if (nothing_ || !answered())
        return std::nullopt;
    const std::string_view view = bytes().view().substr(0, size_);
    bytes().consume(taken_);
    return view;
}

}  // namespace ringlet::detail
