#pragma once

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/stream.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

/// The next `size` bytes of a stream, or fewer where it ends before; `piece_max` at a time, with a
/// turn for the others in between.
inline ringlet::task<std::string> receive(ringlet::stream& from, std::size_t size,
                                          std::size_t piece_max = 65'536) {
    std::string received(size, '\0');
    std::size_t count = 0;
    while (count < size) {
        const std::size_t piece = std::min(piece_max, size - count);
        const std::size_t more = co_await from.recv(std::span(received).subspan(count, piece));
        if (more == 0)
            break;
        count += more;
        co_await ringlet::yield();
    }
    received.resize(count);
    co_return received;
}
