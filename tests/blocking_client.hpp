#pragma once

#include "time_limit.hpp"

#include <ringlet/net/address.hpp>
#include <ringlet/net/socket.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

/// A client that knows nothing of ringlet, or a server's end of a connection: one blocking socket,
/// by default of TCP, and plain system calls. A failed call throws std::system_error, and so does a
/// call that takes longer than the time limit.
class blocking_client {
public:
    /// A socket that is not connected yet.
    explicit blocking_client(int family = AF_INET, int type = SOCK_STREAM) {
        call("socket", [&] { return fd_ = ::socket(family, type | SOCK_CLOEXEC, 0); });
        limit_time();
    }

    explicit blocking_client(const ringlet::address& server) : blocking_client(server.family()) {
        connect(server);
    }

    /// The server's end of the next connection that comes to `listening`.
    static blocking_client accepted_by(const ringlet::socket& listening) {
        pollfd comes{listening.native_handle(), POLLIN, 0};
        const std::chrono::milliseconds limit = time_limit;
        if (::poll(&comes, 1, static_cast<int>(limit.count())) != 1)
            throw std::runtime_error("blocking_client: nobody connects");
        blocking_client accepted{no_socket{}};
        call("accept",
             [&] { return accepted.fd_ = ::accept4(comes.fd, nullptr, nullptr, SOCK_CLOEXEC); });
        accepted.limit_time();
        return accepted;
    }

    blocking_client(blocking_client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    blocking_client& operator=(blocking_client&&) = delete;
    ~blocking_client() { close(); }

    /// Gives a Unix socket an abstract name that the system chooses, to be answered at. unix(7).
    void autobind() {
        const sockaddr unnamed{AF_UNIX, {}};
        call("bind", [&] { return ::bind(fd_, &unnamed, sizeof(sa_family_t)); });
    }

    void connect(const ringlet::address& server) {
        call("connect", [&] { return ::connect(fd_, server.data(), server.size()); });
    }

    void send(std::string_view data) {
        while (!data.empty()) {
            const auto sent =
                call("send", [&] { return ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL); });
            data.remove_prefix(sent);
        }
    }

    void send_to(std::string_view datagram, const ringlet::address& server) {
        call("sendto", [&] {
            return ::sendto(fd_, datagram.data(), datagram.size(), MSG_NOSIGNAL, server.data(),
                            server.size());
        });
    }

    /// The next `size` bytes; fewer where the stream ends before.
    std::string receive(std::size_t size) {
        std::string received;
        std::array<char, 65536> piece;
        for (std::size_t count = 1; count > 0 && received.size() < size;) {
            const auto wanted = std::min(piece.size(), size - received.size());
            count = call("recv", [&] { return ::recv(fd_, piece.data(), wanted, 0); });
            received.append(piece.data(), count);
        }
        return received;
    }

    /// The next datagram, or what is there of a stream.
    std::string receive_some() {
        std::array<char, 65536> piece;
        const auto count = call("recv", [&] { return ::recv(fd_, piece.data(), piece.size(), 0); });
        return {piece.data(), count};
    }

    /// Everything up to the end of the stream.
    std::string receive_all() { return receive(std::numeric_limits<std::size_t>::max()); }

    /// Sends and waits for an answer of the same length.
    std::string exchange(std::string_view message) {
        send(message);
        return receive(message.size());
    }

    /// Whether neither data nor the end of the stream has come.
    [[nodiscard]] bool nothing_to_receive() const {
        char byte = 0;
        return ::recv(fd_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
    }

    void shutdown_sending() {
        call("shutdown", [&] { return ::shutdown(fd_, SHUT_WR); });
    }

    /// Closes so that the peer is sent a reset.
    void reset() {
        set_option(SOL_SOCKET, SO_LINGER, linger{1, 0});
        close();
    }

    void close() {
        if (fd_ >= 0)
            ::close(std::exchange(fd_, -1));
    }

    [[nodiscard]] ringlet::address local_address() const {
        sockaddr_storage native{};
        socklen_t size = sizeof(native);
        auto* const any = reinterpret_cast<sockaddr*>(&native);
        call("getsockname", [&] { return ::getsockname(fd_, any, &size); });
        return ringlet::address::from(any, size);
    }

    template <class Value>
    void set_option(int level, int name, const Value& value) {
        call("setsockopt", [&] { return ::setsockopt(fd_, level, name, &value, sizeof(value)); });
    }

private:
    struct no_socket {};
    explicit blocking_client(no_socket /*mark*/) noexcept {}

    void limit_time() {
        const timeval limit{time_limit.count(), 0};
        set_option(SOL_SOCKET, SO_RCVTIMEO, limit);
        set_option(SOL_SOCKET, SO_SNDTIMEO, limit);
    }

    /// The result of a system call, which is made again where a signal interrupts it: io_uring's
    /// own do so in a thread whose ring has just gone.
    template <class Call>
    static std::size_t call(const char* name, Call made) {
        for (;;) {
            if (const auto result = made(); result >= 0)
                return static_cast<std::size_t>(result);
            if (errno != EINTR)
                throw std::system_error(errno, std::system_category(),
                                        std::string("blocking_client: ") + name);
        }
    }

    int fd_ = -1;
};
