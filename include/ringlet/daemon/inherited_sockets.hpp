#pragma once

#include <ringlet/base/detail/owned_descriptor.hpp>
#include <ringlet/net/bound_socket.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ringlet::daemon {

/// The sockets that this process was given when it was started: by systemd for a socket unit, by
/// systemd-socket-activate, or by its predecessor at a restart without a gap (run.hpp).
/// sd_listen_fds(3).
///
///     ringlet::daemon::inherited_sockets inherited;
///     ringlet::tcp_server server(inherited.take("web"), {"0.0.0.0", 8080}, echo);
///
/// No server ends the listening of a socket that systemd has, or removes its path: both stay for
/// the next start. A socket of a predecessor is this program's own from then on.
///
/// One thread, early in `main`: it reads the environment and changes it.
class inherited_sockets {
public:
    /// Takes what LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES offer this process, and unsets them, so
    /// that a second object gets nothing, nor does a program that this one starts. The descriptors
    /// become close-on-exec. Without such variables, or where they are meant for another process,
    /// there is nothing to take. Throws std::system_error that says what is wrong with them.
    inherited_sockets();
    inherited_sockets(const inherited_sockets&) = delete;
    inherited_sockets& operator=(const inherited_sockets&) = delete;

    /// Closes what nobody has taken, as `close_rest` does.
    ~inherited_sockets();

    /// The first socket of this name that has not been taken; no socket, but the name, if there is
    /// none. A server constructor that takes the result binds an address of its own then. The name
    /// is that of the unit, such as `web.socket`, unless the unit has a FileDescriptorName.
    ///
    /// Throws std::system_error where the descriptor is no socket, and std::invalid_argument for
    /// what cannot be a name: it has 1 to 255 printable ASCII characters, and no colon.
    [[nodiscard]] named_socket take(std::string_view name);

    /// The socket at an index from 0 on, in the order in which the sockets were given, with its
    /// name; no socket where there is none or it has been taken. Throws std::system_error where the
    /// descriptor is no socket.
    [[nodiscard]] named_socket take(std::size_t index);

    /// How many descriptors the process was given.
    [[nodiscard]] std::size_t size() const noexcept { return given_.size(); }

    /// The names of those that have not been taken.
    [[nodiscard]] std::vector<std::string> names() const;

    /// Closes what has not been taken, with a warning in the log for each: the name that the
    /// program asks for and the one that was given may differ.
    void close_rest() noexcept;

private:
    struct given {
        std::string name;
        ringlet::detail::owned_descriptor fd;
        bool from_predecessor;
    };

    [[nodiscard]] static named_socket take(given& taken);

    std::vector<given> given_;
};

}  // namespace ringlet::daemon
