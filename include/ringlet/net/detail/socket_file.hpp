#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>

namespace ringlet::detail {

class hand_over_mark;

/// The file that bind(2) has made at a Unix socket's path. This object removes the file when it
/// ends, but only in the process that made it, not in a forked child, and only while the path still
/// leads to that very file. Where the process that made it has ended, as after daemon(3), a forked
/// child that serves the socket removes it. It stays while another program goes on serving the
/// socket. unix(7).
///
/// Lifetime: this object ends before the socket is closed. Until then no process takes the path for
/// stale, and the kernel gives the number of its inode to no other file.
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

    /// Lets the file stay when this object ends.
    void release() noexcept { creator_ = no_process; }

    /// Removes the file now, in whichever process; a file that was released stays.
    void remove() noexcept;

    /// Lets the file stay if this object ends while the mark is set.
    void stay_while(std::shared_ptr<const hand_over_mark> handed_over) noexcept {
        handed_over_ = std::move(handed_over);
    }

    /// This process serves the socket.
    void serve_here() noexcept;

private:
    static constexpr pid_t no_process = 0;

    [[nodiscard]] bool is_ours() const noexcept;

    void swap(socket_file& other) noexcept {
        std::swap(path_, other.path_);
        std::swap(device_, other.device_);
        std::swap(inode_, other.inode_);
        std::swap(creator_, other.creator_);
        std::swap(server_, other.server_);
        std::swap(handed_over_, other.handed_over_);
    }

    std::string path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    pid_t creator_ = no_process;
    pid_t server_ = no_process;
    std::shared_ptr<const hand_over_mark> handed_over_;
};

}  // namespace ringlet::detail
