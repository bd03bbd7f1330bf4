#pragma once

#include <chrono>
#include <cstddef>

namespace ringlet {

/// The limits of a writer.
struct writer_options {
    /// How many bytes are collected before they are sent. With 0 all is sent as it is written.
    std::size_t buffer_size = 8192;

    /// How long each wait for the stream may last, which is a send of all there is, before it fails
    /// with timed_out; 0 is for ever, a year the longest.
    std::chrono::milliseconds timeout{0};
};

}  // namespace ringlet
