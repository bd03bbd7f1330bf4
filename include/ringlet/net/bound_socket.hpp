#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/detail/socket_file.hpp>
#include <ringlet/net/socket.hpp>

#include <sys/types.h>

#include <optional>
#include <utility>

namespace ringlet {

/// How a socket gets its name and loses it again. What does not concern the kind of address that it
/// is given does not count.
struct bind_options {
    /// TCP: binds although connections of an earlier listener linger in TIME_WAIT (SO_REUSEADDR).
    /// Not UDP, where it would let another server take the port over.
    bool reuse_address = true;

    /// TCP, UDP: shares the port with other sockets that ask for it too (SO_REUSEPORT).
    bool reuse_port = false;

    /// An IPv6 socket takes no IPv4 clients (IPV6_V6ONLY); without, `[::]` is for both.
    bool v6_only = true;

    /// The path of a Unix socket: the permissions of its file, whatever the umask; by default those
    /// that the umask leaves. Clients must have leave to write. unix(7), "Pathname socket
    /// ownership and permissions".
    std::optional<mode_t> mode = {};

    /// Takes a path over where a socket was left behind that no process has open any more. Of
    /// several processes that do so at once, one succeeds; a file `PATH.lock` is there meanwhile.
    bool replace_stale = true;

    /// Removes the path when the socket is closed by the process that made it.
    bool unlink_on_close = true;
};

/// A socket that has a name, to be served: what clients connect or send to. Where `open` made the
/// path of a Unix socket, the path goes when this object ends, before the socket is closed.
///
/// A socket that came from elsewhere (inherited, handed over) is adopted by being converted: its
/// path stays, and it is only ever closed, since others may serve it too.
///
/// Errors are thrown as std::system_error. Not thread-safe.
class bound_socket {
public:
    /// No socket.
    bound_socket() noexcept = default;

    /// Adopts a socket unseen.
    bound_socket(ringlet::socket adopted) noexcept  // NOLINT: meant to convert
        : socket_(std::move(adopted)) {}

    /// Adopts a socket that can be served as `type`: see `require`.
    [[nodiscard]] static bound_socket adopt(ringlet::socket adopted, int type);

    /// A new socket of `type` (SOCK_STREAM, SOCK_DGRAM), bound to `local`. It does not listen yet.
    ///
    /// A path where no socket is served any more is taken over, unless the options forbid it. A
    /// server that is alive, and a file that is no socket, stay as they are, and the error says
    /// which it was. Throws std::system_error naming the address, std::invalid_argument where that
    /// is missing or the options make no sense; then nothing is left open or behind.
    [[nodiscard]] static bound_socket open(network& net, const address& local, int type,
                                           const bind_options& options = {});

    /// Throws std::system_error, saying why, unless the socket can be served: it is of `type`, of
    /// the internet or Unix, and listens; or has a name, where that type has no connections.
    void require(int type) const;

    [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }
    [[nodiscard]] int native_handle() const noexcept { return socket_.native_handle(); }
    [[nodiscard]] address local_address() const { return socket_.local_address(); }

    [[nodiscard]] ringlet::socket& socket() noexcept { return socket_; }
    [[nodiscard]] const ringlet::socket& socket() const noexcept { return socket_; }

    /// Gives the socket away; its path, if it has one, stays for good.
    [[nodiscard]] ringlet::socket release() noexcept {
        file_.release();
        return std::move(socket_);
    }

private:
    ringlet::socket socket_;
    detail::socket_file file_;  // ends before the socket
};

}  // namespace ringlet
