#pragma once

#include <sys/types.h>

#include <optional>

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

}  // namespace ringlet
