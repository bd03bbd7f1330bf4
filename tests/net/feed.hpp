#pragma once

#include <ringlet/net/detail/read_request.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/// What comes on a stream, cut into pieces: all of it, in pieces of at most `piece_max` bytes, or
/// where `cuts` has a bit set, the first of which is behind the first byte.
class incoming {
public:
    incoming(std::string_view input, std::size_t piece_max = static_cast<std::size_t>(-1),
             std::uint64_t cuts = 0) noexcept
        : left_(input), piece_max_(piece_max), cuts_(cuts) {}

    /// As recv(2).
    std::size_t receive(ringlet::mutable_buffer into) {
        ++receives_;
        std::size_t size = std::min({left_.size(), into.size(), piece_max_});
        for (std::size_t i = 1; i < size; ++i)
            if (is_cut(position_ + i))
                size = i;
        if (size > 0)
            std::memcpy(into.data(), left_.data(), size);
        left_.remove_prefix(size);
        position_ += size;
        return size;
    }

    /// How often that was called.
    [[nodiscard]] std::size_t receives() const noexcept { return receives_; }

private:
    [[nodiscard]] bool is_cut(std::size_t position) const noexcept {
        return position <= 64 && (cuts_ >> (position - 1) & 1U) != 0;
    }

    std::string_view left_;
    std::size_t piece_max_;
    std::uint64_t cuts_;
    std::size_t position_ = 0;
    std::size_t receives_ = 0;
};

/// Carries out `request` as a reader does, but without a stream.
inline void feed(ringlet::detail::read_request& request, incoming& from) {
    while (!request.attempt())
        request.received(from.receive(request.room()));
    if (request.failed())
        request.abandon();
}

/// Carries out a read that is made in the call, as a reader does but without a stream, and gives
/// its result.
template <class Request>
typename Request::result_type fed(Request request, incoming& from) {
    feed(request, from);
    return request.take();
}
