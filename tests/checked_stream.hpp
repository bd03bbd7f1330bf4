#pragma once

#include "byte_pattern.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>

/// Throws where something does not hold that has to.
inline void require(bool holds, const std::string& what) {
    if (!holds)
        throw std::runtime_error(what);
}

/// One direction of a connection: bytes that tell where they belong, so that one which is lost,
/// doubled or misplaced is found. Directions with another `id` have other bytes.
class checked_stream {
public:
    explicit checked_stream(unsigned id = 0) : id_(id) {}

    /// The bytes to be sent next; `sent` says how many were.
    void fill(std::span<char> next) const {
        for_each_piece(sent_, next, [](std::span<char> piece, const char* expected) {
            std::copy_n(expected, piece.size(), piece.data());
        });
    }
    void sent(std::size_t count) noexcept { sent_ += count; }

    /// Throws std::runtime_error where these are not the bytes to be received next.
    void received(std::span<const char> bytes) {
        for_each_piece(received_, bytes, [](std::span<const char> piece, const char* expected) {
            require(std::equal(piece.begin(), piece.end(), expected),
                    "a byte was lost, doubled or misplaced");
        });
        received_ += bytes.size();
    }
    [[nodiscard]] bool all_received() const noexcept { return received_ == sent_; }

private:
    static constexpr std::size_t period = 65'521;  // no power of two, of which buffers have sizes

    template <class Char, class Visitor>
    void for_each_piece(std::size_t position, std::span<Char> bytes, Visitor visit) const {
        static const std::string pattern = byte_pattern(period);
        while (!bytes.empty()) {
            const std::size_t offset = (position + id_) % period;
            const std::size_t size = std::min(bytes.size(), period - offset);
            visit(bytes.first(size), &pattern[offset]);
            position += size;
            bytes = bytes.subspan(size);
        }
    }

    unsigned id_;
    std::size_t sent_ = 0;
    std::size_t received_ = 0;
};
