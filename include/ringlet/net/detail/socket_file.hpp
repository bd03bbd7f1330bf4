#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

namespace ringlet::detail {

/// The file that bind(2) made of a Unix socket's path; unix(7). Removed when this object ends, but
/// only by the process that made it, not by a forked child, and only while the path is still that
/// very file.
///
/// Lifetime: ends before the socket is closed. So long nobody takes the path for stale, nor is the
/// number of its inode given to another file.
class socket_file {
public:
    /// No file.
    socket_file() noexcept = default;

    /// The file at the absolute `path`, which this process has just made.
    explicit socket_file(std::string path) noexcept;

    socket_file(socket_file&& other) noexcept { swap(other); }
    socket_file& operator=(socket_file&& other) noexcept {
        swap(other);
        return *this;
    }
    ~socket_file();

    /// The file stays, also at the end of this object.
    void release() noexcept { creator_ = no_process; }

private:
    static constexpr pid_t no_process = 0;

    void swap(socket_file& other) noexcept {
        std::swap(path_, other.path_);
        std::swap(device_, other.device_);
        std::swap(inode_, other.inode_);
        std::swap(creator_, other.creator_);
    }

    std::string path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    pid_t creator_ = no_process;
};

}  // namespace ringlet::detail
