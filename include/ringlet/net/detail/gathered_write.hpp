#pragma once

#include <ringlet/net/detail/write_request.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace ringlet::detail {

template <class Piece, std::size_t Count>
class written_pieces {
protected:
    template <std::size_t... Index, class... Part>
    written_pieces(std::index_sequence<Index...> /*each*/, const Part&... parts)
        : pieces_{Piece(parts)...}, buffers_{const_buffer(nullptr, 0), pieces_[Index]...} {}
    ~written_pieces() = default;

    std::array<Piece, Count> pieces_;
    std::array<const_buffer, Count + 1> buffers_;
};

/// A write of `Count` pieces: each is a const_buffer or a print_piece, made of one argument. A
/// write of no piece is a flush.
template <class Piece, std::size_t Count>
class gathered_write final : private written_pieces<Piece, Count>, public write_request {
    using pieces = written_pieces<Piece, Count>;

public:
    template <class... Part>
    explicit gathered_write(byte_buffer& to, const Part&... parts)
        : pieces(std::index_sequence_for<Part...>(), parts...),
          write_request(to, pieces::buffers_) {
        static_assert(sizeof...(Part) == Count);
    }
};

}  // namespace ringlet::detail
