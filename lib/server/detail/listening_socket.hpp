#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/server/server_options.hpp>

#include <atomic>
#include <forward_list>

namespace ringlet::detail {

class concurrency_model;

/// The socket that the clients of a server reach, bound when the server is made or later.
///
/// Thread-safe: `local_address` and `native_handle`. The rest belongs to one thread at a time.
class listening_socket {
public:
    /// No socket yet. `bind` will bind one of `type` to `wanted`. The options must outlive this.
    listening_socket(const address& wanted, int type, const server_options& options,
                     const concurrency_model& concurrency);

    /// A new socket, bound to the wanted address. Throws as bound_socket::open.
    [[nodiscard]] bound_socket bind() const { return bind_to(wanted_); }

    /// A new socket, bound to the address of this one, which the kind of concurrency shares.
    [[nodiscard]] bound_socket bind_another() const { return bind_to(local_address()); }

    /// Replaces the socket and publishes where it is. Throws std::bad_alloc and std::system_error,
    /// and then nothing has changed.
    void set(bound_socket bound);

    /// Closes the socket. Its address stays known.
    void close() noexcept;

    [[nodiscard]] bound_socket& socket() noexcept { return socket_; }

    /// The address of the socket, or no address before it is first bound. The reference is valid as
    /// long as this is.
    [[nodiscard]] const address& local_address() const noexcept {
        return *address_.load(std::memory_order_acquire);
    }

    /// The descriptor of the socket; -1 for none. Once it is known, so is the address.
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
    // Never changed, since another thread may be reading one; and without a lock, which a forked
    // child might find taken. Only a server that could not be activated is bound again.
    std::forward_list<address> addresses_{address()};
    std::atomic<const address*> address_{&addresses_.front()};
    std::atomic<int> descriptor_{-1};
};

}  // namespace ringlet::detail
