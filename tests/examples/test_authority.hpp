#pragma once

#include "programs.hpp"
#include "temporary_directory.hpp"

#include <filesystem>
#include <string>
#include <string_view>

/// Skips the test where the examples are built without TLS.
inline void require_tls() {
    if (!std::filesystem::exists(example("tls_terminator")[0]))
        SKIP("the examples are built without TLS, since OpenSSL is not here");
}

/// An authority of a test's own, and the certificates that it signs: openssl(1) makes them. The
/// destructor removes the files.
class test_authority {
public:
    /// A certificate and its key, as files in PEM.
    struct pair {
        std::filesystem::path certificate;
        std::filesystem::path key;
    };

    test_authority() {
        require_tls();
        require_program("openssl", "openssl");
        files_.write("settings", "[req]\ndistinguished_name = name\n[name]\n");
        own_ = make("authority", {"-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                                  "keyUsage=critical,keyCertSign,cRLSign"});
        server_ = issue("localhost", "DNS:localhost,IP:127.0.0.1");
    }

    /// The certificate of the authority, to be trusted.
    [[nodiscard]] std::string trusted() const { return own_.certificate; }

    /// What a server at 127.0.0.1 or localhost shows.
    [[nodiscard]] const pair& server() const noexcept { return server_; }

    /// The options with which an example serves over TLS, behind those that it has besides.
    [[nodiscard]] command served(command options) const {
        const command own{"--tls-certificate", server_.certificate, "--tls-key", server_.key};
        options.insert(options.end(), own.begin(), own.end());
        return options;
    }

    /// A certificate for `name`, which is known by `alternatives`, as in "DNS:localhost".
    pair issue(const std::string& name, const std::string& alternatives) {
        return make(name, {"-CA", own_.certificate, "-CAkey", own_.key, "-addext",
                           "subjectAltName=" + alternatives});
    }

private:
    pair make(const std::string& name, const command& more) {
        const std::filesystem::path folder = files_.path();
        const pair made{folder / (name + ".pem"), folder / (name + ".key")};
        command line{"openssl",
                     "req",
                     "-x509",
                     "-config",
                     folder / "settings",
                     "-newkey",
                     "ec",
                     "-pkeyopt",
                     "ec_paramgen_curve:P-256",
                     "-nodes",
                     "-days",
                     "30",
                     "-subj",
                     "/CN=" + name,
                     "-out",
                     made.certificate,
                     "-keyout",
                     made.key};
        line.insert(line.end(), more.begin(), more.end());
        child_process openssl(line);
        const std::string said = openssl.err().read_rest();
        INFO(said);
        REQUIRE(openssl.wait() == 0);
        return made;
    }

    temporary_directory files_;
    pair own_;
    pair server_;
};
