#pragma once

#include "programs.hpp"
#include "tls/certificates.hpp"

#include <ringlet/net/address.hpp>

#include <filesystem>
#include <string>

// The examples over TLS, with the certificates of the tests' own authority.

/// The certificates. Where the examples are built without TLS, or openssl is not there, the test is
/// skipped.
inline certificates& issued() {
    if (!std::filesystem::exists(example("tls_terminator")[0]))
        SKIP("the examples are built without TLS, since OpenSSL is not here");
    require_program("openssl", "openssl");
    return certificates::own();
}

/// The options with which an example serves over TLS, behind those that it has besides.
inline command with_tls(command options) {
    const issued_certificate& own = issued().server();
    options.insert(options.end(), {"--tls-certificate", own.certificate, "--tls-key", own.key});
    return options;
}

/// A client in Python of an echo over TLS, with its certificate, if it has one: see the script.
inline command python_client(const ringlet::address& server, const command& certificate = {}) {
    command line{"python3", test_file("tls_client.py"), server.host(),
                 std::to_string(server.port()), issued().authority()};
    line.insert(line.end(), certificate.begin(), certificate.end());
    return line;
}

/// OpenSSL's own client, which trusts the authority; it ends when the server does.
inline command s_client(const ringlet::address& server, const command& more = {}) {
    command line{"openssl",
                 "s_client",
                 "-connect",
                 server.to_string(),
                 "-CAfile",
                 issued().authority(),
                 "-verify_return_error"};
    line.insert(line.end(), more.begin(), more.end());
    return line;
}
