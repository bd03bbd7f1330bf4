#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

/// `size` bytes in which a piece that is lost, repeated or misplaced shows.
inline std::string byte_pattern(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint32_t state = 1;
    for (char& byte : bytes) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<char>(state >> 24U);
    }
    return bytes;
}
