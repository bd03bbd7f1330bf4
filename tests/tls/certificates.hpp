#pragma once

#include "temporary_directory.hpp"

#include <ringlet/tls/identity.hpp>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>

/// The files of a certificate and its key, for tests.
struct issued_certificate {
    std::string certificate;
    std::string key;

    [[nodiscard]] ringlet::tls::identity identity() const {
        return {ringlet::tls::pem::file(certificate), ringlet::tls::pem::file(key)};
    }
};

/// An authority of the tests' own, and certificates of it, which the program `openssl` makes in a
/// temporary directory. The program makes each once, when a test first asks for it.
class certificates {
public:
    /// Those of this process.
    static certificates& own() {
        static certificates only;
        return only;
    }

    /// The certificate of the authority that has signed all others.
    [[nodiscard]] const std::string& authority() const noexcept { return authority_.certificate; }

    /// For localhost, 127.0.0.1, ::1 and example.org.
    const issued_certificate& server() {
        return get("server", "DNS:localhost,DNS:example.org,IP:127.0.0.1,IP:::1");
    }
    /// As `server`, but with an RSA key.
    const issued_certificate& server_rsa() {
        return get("server_rsa", "DNS:localhost,DNS:example.org,IP:127.0.0.1,IP:::1", "rsa:2048");
    }
    /// For other.example and *.wild.example.
    const issued_certificate& other() {
        return get("other", "DNS:other.example,DNS:*.wild.example");
    }
    /// Of a client, alice.
    const issued_certificate& client() {
        return get("alice", "email:alice@example.org,URI:urn:example:alice");
    }
    /// For localhost, but expired since a day.
    const issued_certificate& expired() { return get("expired", "DNS:localhost", ec, "-1"); }

    /// For localhost, but signed by nobody but itself.
    const issued_certificate& self_signed() {
        return get("self_signed", "DNS:localhost", ec, "30", false);
    }
    /// The key of `server`, encrypted; the passphrase is "open sesame".
    std::string encrypted_key() {
        std::string file = path("encrypted.key");
        if (!exists(file))
            openssl("ec -in " + server().key + " -out " + file +
                    " -aes256 -passout 'pass:open sesame'");
        return file;
    }

    /// A path in the directory of the certificates.
    [[nodiscard]] std::string path(const std::string& name) const {
        return (directory_.path() / name).string();
    }

    /// The contents of a file.
    [[nodiscard]] std::string read(const std::string& file) const { return directory_.read(file); }

private:
    static constexpr const char* ec = "ec -pkeyopt ec_paramgen_curve:P-256";

    certificates() {
        directory_.write("own.cnf", "[req]\ndistinguished_name=name\n[name]\n");
        directory_.write("authority.ext", "basicConstraints=critical,CA:TRUE\n"
                                          "keyUsage=critical,keyCertSign,cRLSign\n"
                                          "subjectKeyIdentifier=hash\n");
        authority_ = issue("authority", "authority.ext", ec, "30", false);
    }

    static bool exists(const std::string& file) { return std::filesystem::exists(file); }

    const issued_certificate& get(const std::string& name, const std::string& names,
                                  const char* key = ec, const char* days = "30",
                                  bool signed_by_authority = true) {
        issued_certificate& known = issued_[name];
        if (known.certificate.empty()) {
            directory_.write(name + ".ext", "basicConstraints=critical,CA:FALSE\n"
                                            "keyUsage=critical,digitalSignature,keyEncipherment\n"
                                            "subjectAltName=" +
                                                names + "\n");
            known = issue(name, name + ".ext", key, days, signed_by_authority);
        }
        return known;
    }

    issued_certificate issue(const std::string& name, const std::string& extensions,
                             const char* key, const char* days, bool signed_by_authority) {
        issued_certificate files{path(name + ".pem"), path(name + ".key")};
        openssl("req -config " + path("own.cnf") + " -new -nodes -newkey " + key + " -keyout " +
                files.key + " -out " + path(name + ".csr") + " -subj /CN=" + name);
        const std::string signer = signed_by_authority
                                       ? " -CA " + authority_.certificate + " -CAkey " +
                                             authority_.key + " -CAcreateserial"
                                       : " -signkey " + files.key;
        openssl("x509 -req -in " + path(name + ".csr") + signer + " -days " + days + " -extfile " +
                path(extensions) + " -out " + files.certificate);
        return files;
    }

    static void openssl(const std::string& arguments) {
        const std::string line = "openssl " + arguments + " >/dev/null 2>&1 </dev/null";
        if (std::system(line.c_str()) != 0)
            throw std::runtime_error("this failed: " + line);
    }

    temporary_directory directory_;
    issued_certificate authority_;
    std::map<std::string, issued_certificate> issued_;
};
