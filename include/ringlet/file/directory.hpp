#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/file/file.hpp>

namespace ringlet {

/// A directory in which strangers may name files: it opens only files that lie beneath it. A path
/// that leads out of it, by "..", from the root or through a symbolic link, fails with
/// cross_device_link. openat2(2), RESOLVE_BENEATH.
///
/// Thread-safe. Lifetime: the directory outlives the opening of files in it; files that are open do
/// not need it.
class directory {
public:
    /// Opens the directory at `path`, in this call, which may block. Throws std::system_error
    /// naming the path.
    explicit directory(const std::filesystem::path& path);

    directory(directory&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    directory& operator=(directory&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~directory();

    /// Opens the file at `path`, which is relative to this directory, in the loop that runs in this
    /// thread. `flags` are those of open(2). A file that is made gets `permissions`, less the
    /// umask. Throws std::system_error naming the path; or stores the error in `error`, and then
    /// yields a file that is not open. openat2(2).
    [[nodiscard]] task<file> open(std::filesystem::path path, int flags = O_RDONLY,
                                  mode_t permissions = 0666, error_sink error = throws) const;

    /// The descriptor of the directory. This object still owns it.
    [[nodiscard]] int native_handle() const noexcept { return fd_; }

private:
    int fd_;
};

}  // namespace ringlet
