#include "certificate.hpp"

#include "../checked.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

certificate::certificate() {
    std::string folder = std::filesystem::temp_directory_path() / "ringlet-benchmark-XXXXXX";
    checked(::mkdtemp(folder.data()) == nullptr ? -1 : 0, "mkdtemp");
    folder_ = folder;
    ::setenv("TLS_CERTIFICATE", (folder_ / "certificate.pem").c_str(), 1);
    ::setenv("TLS_KEY", (folder_ / "key.pem").c_str(), 1);
    const char* const make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 "
        "-days 30 -out \"$TLS_CERTIFICATE\" -keyout \"$TLS_KEY\" 2>/dev/null";
    if (std::system(make) != 0) {
        std::filesystem::remove_all(folder_);
        throw std::runtime_error("no certificate: the command openssl has failed, or is not there");
    }
}

certificate::~certificate() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}
