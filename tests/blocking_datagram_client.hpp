#pragma once

#include "time_limit.hpp"

#include <ringlet/net/address.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

/// A client that knows nothing of ringlet: one blocking datagram socket, connected to a server, and
/// the plain system calls, which throw std::system_error; what takes longer than the time limit is
/// an error too.
class blocking_datagram_client {
public:
    /// With a name to be answered to, which the system chooses; or, at a Unix socket, without.
    enum class name { given, none };

    explicit blocking_datagram_client(const ringlet::address& server, name own = name::given)
        : fd_(::socket(server.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        require(fd_, "socket");
        const timeval limit{time_limit.count(), 0};
        require(::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), "setsockopt");
        require(::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), "setsockopt");
        const sockaddr any{.sa_family = AF_UNIX, .sa_data = {}};
        if (server.family() == AF_UNIX && own == name::given)  // "autobind", see unix(7)
            require(::bind(fd_, &any, sizeof(any.sa_family)), "bind");
        require(::connect(fd_, server.data(), server.size()), "connect");
    }
    blocking_datagram_client(const blocking_datagram_client&) = delete;
    blocking_datagram_client& operator=(const blocking_datagram_client&) = delete;
    ~blocking_datagram_client() { close(); }

    void send(std::string_view data) {
        require(restarted([&] { return ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL); }),
                "send");
    }

    /// The next datagram, whole.
    std::string receive() {
        std::string buffer(65'536, '\0');
        const auto size = restarted([&] { return ::recv(fd_, buffer.data(), buffer.size(), 0); });
        require(size, "recv");
        buffer.resize(static_cast<std::size_t>(size));
        return buffer;
    }

    std::string exchange(std::string_view data) {
        send(data);
        return receive();
    }

    [[nodiscard]] bool nothing_to_receive() const {
        char byte = 0;
        return ::recv(fd_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
    }

    [[nodiscard]] ringlet::address local_address() const {
        sockaddr_storage native{};
        socklen_t size = sizeof(native);
        auto* const any = reinterpret_cast<sockaddr*>(&native);
        require(::getsockname(fd_, any, &size), "getsockname");
        return ringlet::address::from(any, size);
    }

    void close() {
        if (fd_ >= 0)
            ::close(fd_);
        fd_ = -1;
    }

private:
    template <class Call>
    static ssize_t restarted(Call call) {
        ssize_t result = call();
        while (result < 0 && errno == EINTR)
            result = call();
        return result;
    }
    static void require(ssize_t result, const char* call) {
        if (result < 0)
            throw std::system_error(errno, std::system_category(),
                                    std::string("blocking_datagram_client: ") + call);
    }

    int fd_;
};
