#pragma once

#include "daemon/detail/network_order.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ringlet::daemon::detail {

/// Takes TLVs out of bytes, one after the other: a type, a length of two bytes, the value.
///
///     tlv_reader reader(bytes);
///     while (reader.next())
///         use(reader.type(), reader.value());
class tlv_reader {
public:
    static constexpr std::size_t head_size = 3;

    explicit tlv_reader(std::string_view bytes) noexcept : left_(bytes) {}

    /// Goes on to the next TLV. Yields whether there is one, and whole.
    bool next() noexcept {
        if (left_.size() < head_size)
            return false;
        const std::size_t size = network_u16(left_.substr(1));
        if (left_.size() - head_size < size)
            return false;
        type_ = static_cast<std::uint8_t>(left_.front());
        value_ = left_.substr(head_size, size);
        left_.remove_prefix(head_size + size);
        return true;
    }

    [[nodiscard]] std::uint8_t type() const noexcept { return type_; }
    [[nodiscard]] std::string_view value() const noexcept { return value_; }

    /// Whether all bytes were taken. Where `next` has yielded false, others are a broken TLV.
    [[nodiscard]] bool at_end() const noexcept { return left_.empty(); }

private:
    std::string_view left_;
    std::string_view value_;
    std::uint8_t type_ = 0;
};

}  // namespace ringlet::daemon::detail
