#pragma once

#include <ringlet/daemon/proxy_header.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace ringlet::daemon::detail {

/// The size and the number of what a proxy may say.
struct proxy_limits {
    std::size_t header_bytes_max = 4096;
    std::size_t tlvs_max = 64;
};

/// Reads a header of version 2, a block of bytes whose length stands in its first 16. PROXY
/// protocol, 2.2.
class proxy_block {
public:
    explicit proxy_block(const proxy_limits& limits) noexcept : limits_(limits) {}

    /// Takes the next bytes, up to the end of the header, and fills in what it says. Stores in
    /// `error` what is wrong. Yields how many bytes it has taken.
    std::size_t take(std::string_view bytes, proxy_header& header, std::error_code& error);

    /// How many more bytes the header has at least; 0 for a whole one.
    [[nodiscard]] std::size_t wanted() const noexcept;

    [[nodiscard]] bool whole() const noexcept {
        return bytes_.size() >= head_size && bytes_.size() == head_size + length();
    }

private:
    static constexpr std::size_t head_size = 16;

    [[nodiscard]] std::error_code check_head(char next) const;
    [[nodiscard]] std::size_t length() const noexcept;
    [[nodiscard]] bool local() const noexcept;
    [[nodiscard]] std::size_t addresses_size() const noexcept;
    void read_addresses(proxy_header& header) const;
    [[nodiscard]] std::error_code read_tlvs(proxy_header& header) const;
    [[nodiscard]] std::error_code check_tlv(const proxy_tlv& tlv, std::string_view at) const;

    proxy_limits limits_;
    std::string bytes_;
};

}  // namespace ringlet::daemon::detail
