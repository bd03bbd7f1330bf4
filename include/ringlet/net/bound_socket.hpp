#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/detail/socket_file.hpp>
#include <ringlet/net/socket.hpp>

#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace ringlet {

namespace detail {
class door;
class hand_over_mark;
}  // namespace detail

/// How a socket gets its name and loses it again. An option has no effect on a socket whose kind of
/// address it does not concern.
struct bind_options {
    /// TCP: binds although connections of an earlier listener linger in TIME_WAIT (SO_REUSEADDR).
    /// It has no effect on UDP, where it would let another server take the port over. socket(7).
    bool reuse_address = true;

    /// TCP, UDP: shares the port with other sockets that ask for that too (SO_REUSEPORT).
    /// socket(7).
    bool reuse_port = false;

    /// An IPv6 socket takes no IPv4 clients (IPV6_V6ONLY). If false, a socket bound to `[::]` takes
    /// clients of both kinds. ipv6(7).
    bool v6_only = true;

    /// The permissions of a Unix socket's file, whatever the umask; without a value, those that the
    /// umask leaves. A client needs the permission to write. unix(7), "Pathname socket ownership
    /// and permissions".
    std::optional<mode_t> mode = {};

    /// Takes over the path of a Unix socket that was left behind and that no process has open any
    /// more. Of several processes that do so at once, one succeeds; a file `PATH.lock` is there
    /// meanwhile.
    bool replace_stale = true;

    /// Removes the path of a Unix socket when the process that made it closes the socket, or a
    /// child that serves it after the end of that process.
    bool unlink_on_close = true;

    /// Other programs are given the socket too, such as a successor that goes on serving it. A
    /// server that is shut down then only closes it. Otherwise the shutdown ends the listening in
    /// every process that has the socket open.
    bool shared = false;

    /// The longest time for which binding waits for an address whose holder has died. The kernel
    /// ends the sockets of a process that was killed, if io_uring served them, a while after the
    /// process: 5 ms most often, and up to some seconds on a machine that is overloaded. The wait
    /// blocks the thread, in a running loop for 100 ms at most. An address that a living process
    /// holds is refused at once; where that cannot be told, after 100 ms, and in a running loop at
    /// once. 0 to a year.
    std::chrono::milliseconds dead_holder_timeout{3000};
};

/// A socket with a name, to which clients connect or send. If `open` has made the path of a Unix
/// socket, this object removes the path when it ends, before it closes the socket.
///
/// A socket that came from elsewhere (inherited, handed over) is adopted by a conversion: this
/// object closes it in the end, but leaves its path alone, since other processes may serve it too.
///
/// Errors are thrown as std::system_error. Not thread-safe.
class bound_socket {
public:
    /// No socket.
    bound_socket() noexcept = default;

    /// Adopts a socket without a look at it: `require` checks whether it can be served.
    bound_socket(ringlet::socket adopted) noexcept  // NOLINT: meant to convert
        : socket_(std::move(adopted)) {}

    /// Adopts a socket that can be served as `type`, SOCK_STREAM or SOCK_DGRAM. Throws
    /// std::system_error, saying why, if it cannot.
    [[nodiscard]] static bound_socket adopt(ringlet::socket adopted, int type);

    /// Takes over a socket from a program that made it with `open` and gives up serving it: this
    /// process is its maker from now on. Its `mark` is set, so that it stays as it is until that
    /// program has gone. Throws std::system_error.
    [[nodiscard]] static bound_socket succeed(ringlet::socket inherited);

    /// Makes a socket of `type` (SOCK_STREAM, SOCK_DGRAM) that is bound to `local`. It does not
    /// listen yet.
    ///
    /// A path at which no process serves any more is taken over, unless the options forbid it, and
    /// so is an address whose holder has just been killed: see
    /// `bind_options::dead_holder_timeout`. A server that is alive, and a file that is no socket,
    /// stay as they are, and the error says which of them it was. Throws std::system_error naming
    /// the address, and std::invalid_argument for no address or for options that contradict each
    /// other; then no descriptor and no file is left. bind(2).
    [[nodiscard]] static bound_socket open(network& net, const address& local, int type,
                                           const bind_options& options = {});

    /// Throws std::system_error, saying why, unless the socket can be served: it is an internet or
    /// Unix socket of `type`, SOCK_STREAM or SOCK_DGRAM, and it listens (SOCK_STREAM) or has a name
    /// (SOCK_DGRAM).
    void require(int type) const;

    /// Keeps further clients out of a listening socket, in every process that has it open, while
    /// those in the backlog can still be accepted. A Unix client is refused at once, and the path
    /// goes. A TCP client gets no answer; so its system tries again, after a second at first, and
    /// reaches a successor or is refused. A socket that this process has not made, or that is
    /// shared, stays as it is. Where the system has no way to keep clients out, they come in. A
    /// socket for datagrams loses its path only.
    ///
    /// Returns whether there may be TCP clients whose handshake is under way, and which
    /// `stop_listening` would reset.
    bool refuse_clients() noexcept;

    /// Has a connection that was accepted from this socket hear its client. `refuse_clients` may
    /// have had the listening socket deaf, in this process or another, when the connection came in.
    /// Whatever accepts calls this for each connection.
    void admit(network& net, int accepted) const noexcept;

    /// Whether the socket takes connections: it listens, and no process has ended that.
    [[nodiscard]] bool is_listening() const noexcept;

    /// Whether a client waits in the backlog.
    [[nodiscard]] bool has_backlog() const noexcept;

    /// Ends the listening in every process that has the socket open, so that a successor can bind
    /// the address. A client that waits in the backlog is reset. A socket that this process has not
    /// made, or that is shared, stays as it is, and so does one for datagrams.
    void stop_listening() noexcept;

    /// For a forked child that serves the socket together with its `parent`, as one server: where
    /// the parent has made the socket, the child may end the listening for both.
    void enter_child(pid_t parent) noexcept {
        if (maker_ == parent)
            maker_ = ::getpid();
    }

    /// The mark that another program goes on serving the socket: while it is set, this object and
    /// its copies in forked children only close the socket. nullptr where this process has not made
    /// the socket, which then is never more than closed. Throws std::system_error.
    [[nodiscard]] std::shared_ptr<detail::hand_over_mark> mark();

    /// Does as the options say that concern the end of the socket: a successor has them anew.
    void end_as(const bind_options& options) noexcept;

    [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }

    /// The descriptor, or -1 for no socket. This object still owns it.
    [[nodiscard]] int native_handle() const noexcept { return socket_.native_handle(); }

    /// The address to which the socket is bound, with its real port. Throws std::system_error.
    /// getsockname(2).
    [[nodiscard]] address local_address() const { return socket_.local_address(); }

    /// The socket, which this object still owns.
    [[nodiscard]] ringlet::socket& socket() noexcept { return socket_; }

    /// The socket, which this object still owns.
    [[nodiscard]] const ringlet::socket& socket() const noexcept { return socket_; }

    /// Says that this process serves the socket: where the process that bound it to a path has
    /// ended, as after daemon(3), the path goes with this one.
    void serve_here() noexcept { file_.serve_here(); }

    /// Gives the socket away. Its path, if it has one, stays even after the socket is closed.
    [[nodiscard]] ringlet::socket release() noexcept {
        file_.release();
        return std::move(socket_);
    }

private:
    static constexpr pid_t no_process = 0;

    [[nodiscard]] int ready_events(int wanted) const noexcept;

    /// Whether this process may end the listening for all processes that have the socket.
    [[nodiscard]] bool may_be_ended() const noexcept;

    [[nodiscard]] static bound_socket open_now(network& net, const address& local, int type,
                                               const bind_options& options);

    ringlet::socket socket_;
    pid_t maker_ = no_process;            // the process that the socket belongs to
    std::shared_ptr<detail::door> door_;  // of a TCP socket that this object may end
    std::shared_ptr<detail::hand_over_mark> mark_;
    detail::socket_file file_;  // ends before the socket
};

/// A socket that a server may be given instead of an address, and the name by which the program and
/// what gives it sockets know it: systemd, or the program's predecessor.
struct named_socket {
    /// The name; empty for none.
    std::string name;

    /// No socket where the program was given none of this name.
    bound_socket socket;
};

}  // namespace ringlet
