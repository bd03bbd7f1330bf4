#pragma once

#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/detail/gathered_send_operation.hpp>

#include <array>

namespace ringlet::detail {

/// A gathered send of `Size` buffers that keeps the list of them itself, so that the caller need
/// not.
template <std::size_t Size>
class buffer_sequence_send final : private std::array<const_buffer, Size>,
                                   public gathered_send_operation {
    using sequence = std::array<const_buffer, Size>;

public:
    buffer_sequence_send(loop_core& core, int fd, direction& outgoing, const sequence& buffers,
                         error_sink error) noexcept
        : sequence(buffers),
          gathered_send_operation(core, fd, std::span(sequence::data(), Size), outgoing, error) {}
};

}  // namespace ringlet::detail
