#pragma once

// The PROXY protocol, as the examples have it: a server behind a proxy hears from it who the client
// is, and a forwarder tells the server behind it.

#include "command_line.hpp"

#include <ringlet/daemon/proxy_header.hpp>
#include <ringlet/server/server_options.hpp>

#include <optional>
#include <string>
#include <vector>

/// The proxies in front of a server: networks with commas between them, or nothing for none.
struct proxies_in_front {
    std::string networks;
};

/// Gives `options` and, behind them, the one that names `proxies`.
std::vector<command_line_option> with_proxies(proxies_in_front& proxies,
                                              std::vector<command_line_option> options);

/// Has the server of these options take each client from a header, if the user has named proxies:
/// its handlers do not notice. It comes before TLS, as the header does.
void accept_proxies(ringlet::server_options& options, const proxies_in_front& proxies);

/// The version of the header that a forwarder sends, if it sends one.
struct header_to_send {
    std::string version = "none";

    [[nodiscard]] std::optional<ringlet::daemon::proxy_version> chosen() const;
};

/// Gives `options` and, behind them, the one that says which header is sent.
std::vector<command_line_option> with_header(header_to_send& header,
                                             std::vector<command_line_option> options);
