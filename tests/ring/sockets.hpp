#pragma once

#include "connected_pair.hpp"
#include "descriptor_limit.hpp"
#include "time_limit.hpp"

#include <fcntl.h>
#include <poll.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>

/// Opens sockets in the network of a ring under test, and makes the calls on them that a test does
/// not make by that ring: those of a peer, above all. They are plain system calls, or what stands
/// for them in a network that the system does not know of.
///
/// A call waits in this thread, up to the time limit, unless MSG_DONTWAIT keeps it from that. It
/// returns what the system call of its name returns, or `-errno`.
class sockets {
public:
    explicit sockets(ringlet::network& net) noexcept : net_(net) {}
    sockets(const sockets&) = delete;
    sockets& operator=(const sockets&) = delete;
    virtual ~sockets() = default;

    /// Unix sockets of `type`: SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET.
    virtual connected_pair unix_pair(int type = SOCK_STREAM) = 0;

    virtual int accept(const ringlet::socket& listener) = 0;
    virtual int connect(const ringlet::socket& client, const ringlet::address& to) = 0;
    virtual int recv(int fd, std::span<char> into, int flags = 0) = 0;
    virtual int send(int fd, std::string_view bytes, int flags = 0) = 0;

    /// Whether the socket has O_NONBLOCK; there is no such flag but in the system's network.
    [[nodiscard]] virtual bool is_nonblocking(const ringlet::socket& /*socket*/) { return false; }

    /// Has every call fail that opens a descriptor, or lets them open descriptors again.
    virtual void forbid_descriptors(bool forbidden) = 0;

    /// Takes over the descriptor that `call` has yielded; throws where it has failed.
    [[nodiscard]] ringlet::socket own(int result, const char* call) {
        if (result < 0)
            throw std::system_error(-result, std::system_category(), call);
        return {net_, result};
    }

    [[nodiscard]] ringlet::socket tcp_socket() { return ::tcp_socket(net_); }
    [[nodiscard]] ringlet::socket tcp_listener(int backlog = 16) {
        return ::tcp_listener(backlog, net_);
    }

    /// A client of `listener`; it need not have been accepted.
    [[nodiscard]] ringlet::socket tcp_client(const ringlet::socket& listener) {
        ringlet::socket client = tcp_socket();
        check(connect(client, listener.local_address()), "connect");
        return client;
    }
    [[nodiscard]] connected_pair tcp_pair() {
        const ringlet::socket listener = tcp_listener();
        ringlet::socket client = tcp_client(listener);
        return {own(accept(listener), "accept"), std::move(client)};
    }

    [[nodiscard]] ringlet::socket unix_socket(int type = SOCK_STREAM) {
        return ringlet::socket::open(net_, AF_UNIX, type);
    }

    /// A Unix socket under a name of the kernel's choice: unix(7), "Autobind".
    [[nodiscard]] ringlet::socket named_unix_socket(int type = SOCK_STREAM) {
        ringlet::socket made = unix_socket(type);
        const sockaddr any{.sa_family = AF_UNIX, .sa_data = {}};
        made.bind(ringlet::address::from(&any, sizeof(any.sa_family)));
        return made;
    }

    [[nodiscard]] ringlet::socket udp_socket() {
        return ringlet::socket::open(net_, AF_INET, SOCK_DGRAM);
    }

    /// A UDP socket at a free port of 127.0.0.1.
    [[nodiscard]] ringlet::socket named_udp_socket() {
        ringlet::socket made = udp_socket();
        made.bind(ringlet::address("127.0.0.1", 0));
        return made;
    }

protected:
    static void check(int result, const char* call) {
        if (result < 0)
            throw std::system_error(-result, std::system_category(), call);
    }

    ringlet::network& net_;
};

/// Sockets of the system, and plain system calls.
class system_sockets final : public sockets {
public:
    system_sockets() : sockets(ringlet::network::system()) {}

    connected_pair unix_pair(int type) override { return ::unix_pair(type); }

    int accept(const ringlet::socket& listener) override {
        const int fd = listener.native_handle();
        wait_for_input(fd);
        return result_of_call(::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC));
    }
    int connect(const ringlet::socket& client, const ringlet::address& to) override {
        return result_of_call(::connect(client.native_handle(), to.data(), to.size()));
    }
    int recv(int fd, std::span<char> into, int flags) override {
        if ((flags & MSG_DONTWAIT) == 0)
            wait_for_input(fd);
        return result_of_call(::recv(fd, into.data(), into.size(), flags));
    }
    int send(int fd, std::string_view bytes, int flags) override {
        return result_of_call(::send(fd, bytes.data(), bytes.size(), flags | MSG_NOSIGNAL));
    }

    void forbid_descriptors(bool forbidden) override {
        if (forbidden)
            limit_.emplace(0);
        else
            limit_.reset();
    }
    [[nodiscard]] bool is_nonblocking(const ringlet::socket& socket) override {
        return (::fcntl(socket.native_handle(), F_GETFL) & O_NONBLOCK) != 0;
    }

private:
    static int result_of_call(ssize_t result) {
        return result < 0 ? -errno : static_cast<int>(result);
    }

    static void wait_for_input(int fd) {
        constexpr int limit_ms = std::chrono::milliseconds(time_limit).count();
        pollfd polled{.fd = fd, .events = POLLIN, .revents = 0};
        if (::poll(&polled, 1, limit_ms) == 0)
            throw std::runtime_error("waited in vain for input");
    }

    std::optional<descriptor_limit> limit_;
};
