#pragma once

#include <chrono>
#include <cstddef>

namespace ringlet {

/// The limits of a reader.
struct reader_options {
    /// How many bytes are received at a time, and kept until they are read. With 0 nothing is
    /// received that is not asked for: lines come one byte at a time, but what follows them is left
    /// in the stream for others.
    std::size_t buffer_size = 8192;

    /// The longest line, or other piece, that is given as a view: more is stream_errc::too_long.
    /// Only for a piece that needs it does the buffer grow so far.
    std::size_t piece_max = 65'536;

    /// How long each wait for the stream may last before it fails with timed_out; 0 is for ever, a
    /// year the longest.
    std::chrono::milliseconds timeout{0};
};

}  // namespace ringlet
