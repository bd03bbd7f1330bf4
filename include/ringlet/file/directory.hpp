#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/file/file.hpp>

namespace ringlet {

/// A directory in which strangers may name files: what is opened lies beneath it. A path that leads
/// out of it, by "..", from the root or through a symbolic link, fails with cross_device_link.
/// openat2(2), RESOLVE_BENEATH.
///
/// Thread-safe. Lifetime: outlives what is being opened; the files that are open do not need it.
class directory {
public:
    /// Opens the directory, at once. Throws std::system_error naming the path.
    explicit directory(const std::filesystem::path& path);

    directory(directory&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    directory& operator=(directory&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~directory();

    /// Opens the file at `path`, as file::open does.
    [[nodiscard]] task<file> open(std::filesystem::path path, int flags = O_RDONLY,
                                  mode_t permissions = 0666, error_sink error = throws) const;

    /// The descriptor; still owned by this object.
    [[nodiscard]] int native_handle() const noexcept { return fd_; }

private:
    int fd_;
};

}  // namespace ringlet
