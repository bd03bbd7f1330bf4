#include "daemon/detail/append_tlv.hpp"
#include "daemon/detail/network_order.hpp"
#include "daemon/detail/tlv_reader.hpp"

#include <ringlet/daemon/proxy_header.hpp>

#include <algorithm>
#include <array>

namespace ringlet::daemon {

namespace {

// PROXY protocol, 2.2.6: a byte of flags, four bytes that are 0 for a verified certificate, TLVs.
constexpr std::size_t tls_head_size = 5;
constexpr unsigned flag_spoken = 1;
constexpr unsigned flag_shown = 2;
constexpr unsigned flag_known = 4;

/// A text of proxy_tls, and the type of its TLV.
struct tls_text {
    std::uint8_t type;
    std::string proxy_tls::*text;
};

constexpr std::array tls_texts{
    tls_text{0x21, &proxy_tls::version},       tls_text{0x22, &proxy_tls::common_name},
    tls_text{0x23, &proxy_tls::cipher},        tls_text{0x24, &proxy_tls::signature_algorithm},
    tls_text{0x25, &proxy_tls::key_algorithm},
};

}  // namespace

std::optional<std::string_view> proxy_header::find(std::uint8_t type) const noexcept {
    const auto found = std::ranges::find(tlvs, type, &proxy_tlv::type);
    if (found == tlvs.end())
        return std::nullopt;
    return found->value;
}

std::optional<std::uint32_t> proxy_header::crc32c() const noexcept {
    const auto bytes = find(proxy_tlv::crc32c);
    if (!bytes || bytes->size() != sizeof(std::uint32_t))
        return std::nullopt;
    return detail::network_u32(*bytes);
}

std::optional<proxy_tls> proxy_header::tls() const {
    const auto bytes = find(proxy_tlv::tls);
    if (!bytes || bytes->size() < tls_head_size)
        return std::nullopt;
    const unsigned flags = detail::network_u8(*bytes);
    proxy_tls said;
    said.spoken = (flags & flag_spoken) != 0;
    said.certificate_shown = (flags & flag_shown) != 0;
    said.certificate_known = (flags & flag_known) != 0;
    // The four bytes are 0 too where the client has shown none.
    said.verified = (said.certificate_shown || said.certificate_known) &&
                    detail::network_u32(bytes->substr(1)) == 0;
    detail::tlv_reader reader(bytes->substr(tls_head_size));
    while (reader.next()) {
        const auto known = std::ranges::find(tls_texts, reader.type(), &tls_text::type);
        if (known != tls_texts.end())
            said.*known->text = reader.value();
    }
    if (!reader.at_end())
        return std::nullopt;
    return said;
}

void proxy_header::set(std::uint8_t type, std::string_view value) {
    proxy_tlv made{.type = type, .value = std::string(value)};
    std::erase_if(tlvs, [&](const proxy_tlv& other) { return other.type == type; });
    tlvs.push_back(std::move(made));
}

void proxy_header::set_tls(const proxy_tls& spoken) {
    std::string bytes;
    bytes += static_cast<char>((spoken.spoken ? flag_spoken : 0) |
                               (spoken.certificate_shown ? flag_shown : 0) |
                               (spoken.certificate_known ? flag_known : 0));
    const bool shown = spoken.certificate_shown || spoken.certificate_known;
    detail::append_u32(bytes, shown && spoken.verified ? 0 : 1);
    for (const auto& [type, text] : tls_texts)
        if (!(spoken.*text).empty())
            detail::append_tlv(bytes, type, spoken.*text);
    if (bytes.size() > UINT16_MAX)
        throw std::length_error("a PROXY header: what it says of TLS has at most 65535 bytes");
    set(proxy_tlv::tls, bytes);
}

}  // namespace ringlet::daemon
