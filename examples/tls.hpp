#pragma once

// TLS, as the examples have it: one line in a program's options, and one that turns it on. Without
// OpenSSL Meson takes without_tls.cpp, and the programs have no such options.

#include "command_line.hpp"

#include <ringlet/coro/task.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/server/server_options.hpp>

#include <functional>
#include <string>
#include <vector>

namespace ringlet::daemon {
class metrics;
}  // namespace ringlet::daemon

/// The files with which a server speaks TLS, in PEM; empty ones where the user has named none.
struct tls_server_files {
    std::string certificate;
    std::string key;
    std::string client_authorities;
};

/// Gives `options` and, behind them, those that name `files`.
std::vector<command_line_option> with_tls(tls_server_files& files,
                                          std::vector<command_line_option> options);

/// What those who operate a server need of its TLS; nothing happens where it speaks none.
struct operated_tls {
    /// Reads the certificate and the key again at once. New files are noticed without it, too.
    std::function<void()> reload = [] {};

    /// Adds the counts of handshakes. Lifetime: this object outlives the metrics.
    std::function<void(ringlet::daemon::metrics&)> count = [](ringlet::daemon::metrics&) {};
};

/// Has the server of these options speak TLS if the user has named a certificate: its handlers do
/// not notice. Where the user has named authorities, each client must show a certificate that one
/// of them has signed. `protocols` are those that the server speaks inside (ALPN), if it cares.
operated_tls speak_tls(ringlet::server_options& options, const tls_server_files& files,
                       const std::vector<std::string>& protocols = {});

/// Whether and how a client speaks TLS.
struct tls_client_choice {
    bool wanted = false;
    std::string authorities;  // a file in PEM; empty for those that the system trusts
};

/// Gives `options` and, behind them, those for `choice`.
std::vector<command_line_option> with_tls(tls_client_choice& choice,
                                          std::vector<command_line_option> options);

/// Connects to `host` as `choice` has it. Throws std::system_error.
ringlet::task<ringlet::stream> dial(std::string host, int port, tls_client_choice choice);
