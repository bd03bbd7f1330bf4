// A certificate for the servers that speak TLS, and its key: made by openssl(1) for this run, of
// the kind that most sites have today (ECDSA on P-256).
#pragma once

#include <filesystem>

class certificate {
public:
    // Makes the files, and names them by TLS_CERTIFICATE and TLS_KEY in the environment, for the
    // commands of servers. Throws std::runtime_error where openssl is not there, or fails.
    certificate();

    // Removes the files.
    ~certificate();
    certificate(const certificate&) = delete;
    certificate& operator=(const certificate&) = delete;

private:
    std::filesystem::path folder_;
};
