#pragma once

#include <openssl/types.h>

#include <string>

namespace ringlet::tls::detail {

/// Appends the secrets of sessions to a file, in the form that Wireshark reads. The file is opened
/// for each line, so that forked children can write too. Thread-safe.
class key_log {
public:
    /// Writes to the file `path`, or nowhere if it is empty. Throws std::system_error for a file
    /// that cannot be written.
    explicit key_log(std::string path);

    /// Whether there is a file.
    [[nodiscard]] bool enabled() const noexcept { return !path_.empty(); }

    /// Adds a line. What cannot be written is lost.
    void add(const char* line) const noexcept;

private:
    std::string path_;
};

}  // namespace ringlet::tls::detail
