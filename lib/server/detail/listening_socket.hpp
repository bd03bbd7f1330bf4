#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/server/server_options.hpp>

#include <atomic>
#include <forward_list>
#include <memory>

namespace ringlet::detail {

class concurrency_model;

/// The socket that the clients of a server reach. It is bound when the server is made, or later.
///
/// Thread-safe: `local_address` and `native_handle`. The rest belongs to one thread at a time.
class listening_socket {
public:
    /// An object that holds no socket yet. Its `bind` binds a socket of `type` to `wanted`. The
    /// options must outlive the object.
    listening_socket(const address& wanted, int type, const server_options& options,
                     const concurrency_model& concurrency);

    /// A new socket, bound to the wanted address; after `end`, to the address of the socket that
    /// ended. Throws as bound_socket::open does.
    [[nodiscard]] bound_socket bind() const {
        return bind_to(has_ended_ ? local_address() : wanted_);
    }

    /// Another socket, bound to the address of the held one, which the kind of concurrency allows.
    /// Throws as bound_socket::open does.
    [[nodiscard]] bound_socket bind_another() const { return bind_to(local_address()); }

    /// Replaces the held socket and publishes its address and descriptor. Throws std::bad_alloc and
    /// std::system_error; nothing has changed then.
    void set(bound_socket bound);

    /// Whether this process has made the socket and no other program serves it.
    [[nodiscard]] bool is_owned() const noexcept;

    /// Says whether another program goes on serving the socket; see bound_socket::mark.
    void share(bool shared) noexcept;

    /// Closes the socket. Its address stays known.
    void close() noexcept;

    /// Closes the socket at the end of serving. A socket that is bound later gets the same address,
    /// also where the system had chosen the port.
    void end() noexcept {
        close();
        has_ended_ = true;
    }

    [[nodiscard]] bound_socket& socket() noexcept { return socket_; }

    /// The address of the socket, or no address before a socket is first bound. The reference is
    /// valid as long as this object lives.
    [[nodiscard]] const address& local_address() const noexcept {
        return *address_.load(std::memory_order_acquire);
    }

    /// The descriptor of the socket; -1 for none. A thread that sees the descriptor sees the
    /// address too.
    [[nodiscard]] int native_handle() const noexcept {
        return descriptor_.load(std::memory_order_acquire);
    }

private:
    [[nodiscard]] bound_socket bind_to(const address& local) const;

    const address wanted_;
    const int type_;
    const server_options& options_;
    const concurrency_model& concurrency_;
    bound_socket socket_;
    std::shared_ptr<hand_over_mark> mark_;  // also while a listener has the socket
    bool has_ended_ = false;
    // An address in the list never changes, since another thread may be reading it. No lock guards
    // the list, since a forked child might find the lock taken. The list stays short: only a server
    // that could not be activated is bound again.
    std::forward_list<address> addresses_{address()};
    std::atomic<const address*> address_{&addresses_.front()};
    std::atomic<int> descriptor_{-1};
};

}  // namespace ringlet::detail
