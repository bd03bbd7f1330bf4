// The data that the clients send: a stream of bytes known at every offset, so that one memcmp
// verifies an echo and nothing is copied or generated while measuring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

class payload {
public:
    // Makes the data; `longest` is the most bytes that are asked for at a time.
    explicit payload(std::size_t longest) : bytes_(period + longest) {
        std::mt19937 random(1);
        for (std::size_t i = 0; i < bytes_.size(); ++i)
            bytes_[i] = i < period ? static_cast<std::byte>(random()) : bytes_[i - period];
    }

    std::span<const std::byte> at(std::uint64_t offset, std::size_t length) const noexcept {
        return std::span(bytes_).subspan(offset % period, length);
    }

    // Where the stream of one of many connections begins: streams differ, so an echo to the wrong
    // client shows.
    static std::uint64_t origin_of(std::size_t connection) noexcept { return connection * 4099ULL; }

private:
    // A prime, so that messages of no usual size repeat: an echo out of order or twice shows.
    static constexpr std::size_t period = 8191;

    std::vector<std::byte> bytes_;
};
