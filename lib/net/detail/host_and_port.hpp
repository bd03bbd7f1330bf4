#pragma once

#include <cstdint>
#include <string_view>

namespace ringlet::detail {

/// The two parts of a text such as `example.org:80` or `[::1]:80`. Lifetime: the text's.
struct host_and_port {
    std::string_view host;  ///< An IP address without brackets, a name, or nothing.
    std::uint16_t port;

    /// Takes a text apart. Throws std::invalid_argument that names the text where there is no port,
    /// or brackets are missing.
    [[nodiscard]] static host_and_port parse(std::string_view text);
};

/// How the text of a Unix socket's address begins.
inline constexpr std::string_view path_prefix = "unix:";

}  // namespace ringlet::detail
