#pragma once

#include <ringlet/ring/ring.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace ringlet::testing::detail {

/// The bytes on their way to one end of a connection: those that have arrived and wait to be
/// received, and behind them those that have yet to arrive, in segments that keep their order.
class flow {
public:
    enum class segment_kind : unsigned char { data, end, reset };

    struct segment {
        segment_kind kind;
        std::size_t size;
    };

    /// The memory to which `size` bytes of a new segment are appended by the caller.
    [[nodiscard]] std::vector<std::byte>& bytes() noexcept { return bytes_; }

    void push(segment next) {
        on_the_way_ += next.size;
        segments_.push_back(next);
    }

    [[nodiscard]] bool has_segments() const noexcept { return !segments_.empty(); }

    /// Takes the oldest segment; its bytes have arrived.
    segment arrive() {
        const segment oldest = segments_.front();
        segments_.pop_front();
        on_the_way_ -= oldest.size;
        arrived_ += oldest.size;
        return oldest;
    }

    /// The bytes that have arrived.
    [[nodiscard]] std::span<const std::byte> arrived() const noexcept {
        return std::span(bytes_).subspan(taken_, arrived_);
    }

    /// Takes the first `count` of the bytes that have arrived.
    void take(std::size_t count) {
        taken_ += count;
        arrived_ -= count;
        if (taken_ >= bytes_.size() - taken_) {
            bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(taken_));
            taken_ = 0;
        }
    }

    /// Forgets all bytes, but not the segments, which come to nothing.
    void discard() {
        bytes_.clear();
        taken_ = arrived_ = on_the_way_ = 0;
        for (segment& each : segments_)
            each.size = 0;
    }

    /// How many bytes are sent and not received.
    [[nodiscard]] std::size_t held() const noexcept { return arrived_ + on_the_way_; }
    [[nodiscard]] std::size_t on_the_way() const noexcept { return on_the_way_; }

    std::size_t window = 0;                                  // how many bytes may be held
    ring::clock::time_point last_at{};                       // when the youngest segment arrives
    std::optional<ring::clock::time_point> blocked_since{};  // by a way that is cut

private:
    std::vector<std::byte> bytes_;
    std::size_t taken_ = 0;
    std::size_t arrived_ = 0;
    std::size_t on_the_way_ = 0;
    std::deque<segment> segments_;
};

}  // namespace ringlet::testing::detail
