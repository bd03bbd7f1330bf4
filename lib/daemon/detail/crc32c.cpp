#include "daemon/detail/crc32c.hpp"

#include <array>

namespace ringlet::daemon::detail {

namespace {

constexpr std::uint32_t polynomial = 0x82f63b78;  // Castagnoli's, its bits reversed

constexpr std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t byte = 0; byte < made.size(); ++byte) {
        std::uint32_t rest = byte;
        for (int bit = 0; bit < 8; ++bit)
            rest = rest >> 1U ^ ((rest & 1U) != 0 ? polynomial : 0);
        made[byte] = rest;
    }
    return made;
}();

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) noexcept {
    std::uint32_t rest = ~before;
    for (const char byte : bytes)
        rest = rest >> 8U ^ table[(rest ^ static_cast<std::uint8_t>(byte)) & 0xffU];
    return ~rest;
}

}  // namespace ringlet::daemon::detail
