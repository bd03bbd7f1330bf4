#pragma once

#include <ringlet/net/stream.hpp>
#include <ringlet/net/stream_layer.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

/// Inverts each bit on its way.
class inverting_layer final : public ringlet::stream_layer {
public:
    explicit inverting_layer(ringlet::stream lower) noexcept : lower_(std::move(lower)) {}

    ringlet::task<std::size_t> recv(ringlet::mutable_buffer buffer,
                                    std::error_code& error) override {
        if (ahead_.empty())
            co_await readable(error);
        const std::size_t count = std::min(ahead_.size(), buffer.size());
        std::ranges::copy(ahead_.substr(0, count), static_cast<char*>(buffer.data()));
        ahead_.erase(0, count);
        co_return count;
    }

    ringlet::task<> readable(std::error_code& error) override {
        if (!ahead_.empty())
            co_return;
        const auto received = co_await lower_.recv_lent(error);
        for (const std::byte each : received)
            ahead_.push_back(static_cast<char>(~each));
    }

    ringlet::task<std::size_t> send_all(std::span<const ringlet::const_buffer> buffers,
                                        std::error_code& error) override {
        std::string inverted;
        for (const ringlet::const_buffer& buffer : buffers)
            for (std::size_t i = 0; i < buffer.size(); ++i)
                inverted.push_back(static_cast<char>(~static_cast<const char*>(buffer.data())[i]));
        sends_.push_back(inverted.size());
        co_return co_await lower_.send_all(inverted, error);
    }

    ringlet::task<> end_sending(std::error_code& error) override {
        co_await lower_.end_sending(error);
    }
    ringlet::task<> close() override { co_await lower_.close(); }
    ringlet::task<> abort() override { co_await lower_.abort(); }
    ringlet::stream* below() noexcept override { return &lower_; }

    /// How large each send was.
    std::vector<std::size_t>& sends() noexcept { return sends_; }

private:
    ringlet::stream lower_;
    std::string ahead_;
    std::vector<std::size_t> sends_;
};

/// What the layer sends for `text`, and receives as it.
inline std::string inverted(std::string_view text) {
    std::string all;
    for (const char each : text)
        all.push_back(static_cast<char>(~each));
    return all;
}
