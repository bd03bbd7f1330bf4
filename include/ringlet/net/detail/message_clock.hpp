#pragma once

#include <ringlet/loop/loop.hpp>

#include <chrono>

namespace ringlet::detail {

/// The time that a message may take to come, from its first byte to its last.
class message_clock {
public:
    /// Throws std::invalid_argument, naming `kind`, for a timeout that is not 0 to a year; 0 stands
    /// for no limit.
    message_clock(const char* kind, std::chrono::milliseconds timeout);

    /// A message begins; it ends with the next `begin`, and not with each read.
    void begin() noexcept {
        spans_reads_ = true;
        deadline_ = never;
    }

    /// A byte of the message has come by `now`, perhaps the first.
    void note_byte(loop::clock::time_point now) noexcept {
        if (deadline_ == never && timeout_ != timeout_.zero())
            deadline_ = now + timeout_;
    }

    /// A read has its answer.
    void note_read() noexcept {
        if (!spans_reads_)
            deadline_ = never;
    }

    /// When the message must have come; time_point::max() if there is no limit, or no byte has
    /// come.
    [[nodiscard]] loop::clock::time_point deadline() const noexcept { return deadline_; }

private:
    static constexpr loop::clock::time_point never = loop::clock::time_point::max();

    std::chrono::milliseconds timeout_;
    loop::clock::time_point deadline_ = never;
    bool spans_reads_ = false;
};

}  // namespace ringlet::detail
