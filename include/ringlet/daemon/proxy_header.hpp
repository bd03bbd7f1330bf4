#pragma once

#include <ringlet/net/address.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringlet::daemon {

/// A version of the PROXY protocol: v1 is a line of text, and v2 is binary and can say more.
enum class proxy_version : std::uint8_t { v1 = 1, v2 = 2 };

/// A fact about a connection that a header of version 2 carries: its type, and bytes. The protocol
/// calls it a TLV.
struct proxy_tlv {
    // The types that have a meaning here. PROXY protocol, 2.2.

    static constexpr std::uint8_t alpn = 0x01;               ///< the application protocol
    static constexpr std::uint8_t authority = 0x02;          ///< the host name asked for
    static constexpr std::uint8_t crc32c = 0x03;             ///< a checksum of the header
    static constexpr std::uint8_t noop = 0x04;               ///< nothing: padding
    static constexpr std::uint8_t unique_id = 0x05;          ///< names the connection
    static constexpr std::uint8_t tls = 0x20;                ///< how the client spoke TLS
    static constexpr std::uint8_t network_namespace = 0x30;  ///< where the proxy runs

    std::uint8_t type = noop;
    std::string value = {};

    friend bool operator==(const proxy_tlv&, const proxy_tlv&) = default;
};

/// How the client spoke TLS with the proxy. PROXY protocol, 2.2.6.
struct proxy_tls {
    bool spoken = true;                    ///< whether it spoke TLS at all
    bool certificate_shown = false;        ///< whether it showed a certificate on this connection
    bool certificate_known = false;        ///< whether it showed one in this TLS session
    bool verified = false;                 ///< whether it showed one that the proxy has verified
    std::string version = {};              ///< `TLSv1.3`
    std::string common_name = {};          ///< that of the client's certificate, in UTF-8
    std::string cipher = {};               ///< `ECDHE-RSA-AES128-GCM-SHA256`
    std::string signature_algorithm = {};  ///< that of the certificate of the proxy: `SHA256`
    std::string key_algorithm = {};        ///< that of the certificate of the proxy: `RSA2048`

    friend bool operator==(const proxy_tls&, const proxy_tls&) = default;
};

/// What a proxy says about a connection, before its first byte, to the server behind it: whose
/// connection it is. https://www.haproxy.org/download/2.6/doc/proxy-protocol.txt
///
/// A header is a value: a server is given those that have come, and a client or a forwarder makes
/// those that it sends.
struct proxy_header {
    proxy_version version = proxy_version::v2;

    /// Whether the proxy speaks for itself, such as to see whether the server is well, and not for
    /// a client: LOCAL in version 2. Such a header has no addresses.
    bool local = false;

    /// Whether the client sends datagrams.
    bool datagrams = false;

    /// Where the client is, and what it connected to; no address, with the family AF_UNSPEC, where
    /// the proxy does not know: UNKNOWN in version 1, UNSPEC in version 2.
    address source = {};
    address destination = {};

    /// The facts besides, in the order in which they came; none in version 1. Padding is left out.
    std::vector<proxy_tlv> tlvs = {};

    /// Whether the header says where the client is.
    [[nodiscard]] bool has_addresses() const noexcept { return source.family() != AF_UNSPEC; }

    /// The bytes of the first fact of a type, or nothing. Lifetime: that of the header.
    [[nodiscard]] std::optional<std::string_view> find(std::uint8_t type) const noexcept;

    /// The application protocol that the client and the proxy agreed on: `h2`.
    [[nodiscard]] std::optional<std::string_view> alpn() const noexcept {
        return find(proxy_tlv::alpn);
    }

    /// The host name that the client asked for: that of TLS's SNI.
    [[nodiscard]] std::optional<std::string_view> authority() const noexcept {
        return find(proxy_tlv::authority);
    }

    /// Bytes that name the connection, to find it in the logs of all that it went through.
    [[nodiscard]] std::optional<std::string_view> unique_id() const noexcept {
        return find(proxy_tlv::unique_id);
    }

    /// The checksum that came with the header. One that was wrong came to no handler.
    [[nodiscard]] std::optional<std::uint32_t> crc32c() const noexcept;

    /// How the client spoke TLS with the proxy; nothing where the header does not say, or says it
    /// in a way that is none.
    [[nodiscard]] std::optional<proxy_tls> tls() const;

    /// Has the header carry a fact, in the place of those of its type.
    void set(std::uint8_t type, std::string_view value);

    /// Has the header say how the client spoke TLS. Throws std::length_error for texts that are too
    /// long for it, of more than 65535 bytes together.
    void set_tls(const proxy_tls& spoken);

    friend bool operator==(const proxy_header&, const proxy_header&) = default;
};

}  // namespace ringlet::daemon
