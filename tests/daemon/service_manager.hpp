#pragma once

#include "environment_variable.hpp"
#include "temporary_directory.hpp"
#include "time_limit.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

/// What a notification said, and the descriptors that came with it.
struct received_notification {
    std::string text;
    std::vector<int> descriptors;

    [[nodiscard]] bool says(std::string_view line) const {
        return ("\n" + text).find("\n" + std::string(line) + "\n") != std::string::npos;
    }
};

/// The service manager of this process and its children while it lives: the socket that
/// NOTIFY_SOCKET names, at a path or an abstract name.
class service_manager {
public:
    enum class place { path, abstract };

    explicit service_manager(place where = place::path)
        : name_((directory_.path() / "notify").string()),
          fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un native{.sun_family = AF_UNIX, .sun_path = {}};
        std::memcpy(native.sun_path, name_.data(), name_.size());
        if (where == place::abstract) {
            native.sun_path[0] = '\0';
            name_[0] = '@';
        }
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
        if (::bind(fd_, reinterpret_cast<const sockaddr*>(&native), size) < 0)
            throw std::system_error(errno, std::system_category(), "bind");
        const timeval limit{time_limit.count(), 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        variable_.emplace("NOTIFY_SOCKET", name_.c_str());
    }
    service_manager(const service_manager&) = delete;
    service_manager& operator=(const service_manager&) = delete;
    ~service_manager() { ::close(fd_); }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// The next notification; throws std::system_error where none comes in time.
    received_notification receive() {
        std::array<char, 4096> text{};
        alignas(cmsghdr) std::array<char, 256> control{};
        iovec buffer{text.data(), text.size()};
        msghdr message{};
        message.msg_iov = &buffer;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t size = ::recvmsg(fd_, &message, MSG_CMSG_CLOEXEC);
        if (size < 0)
            throw std::system_error(errno, std::system_category(), "recvmsg");
        received_notification received{{text.data(), static_cast<std::size_t>(size)}, {}};
        for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
             part = CMSG_NXTHDR(&message, part)) {
            received.descriptors.resize((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            std::memcpy(received.descriptors.data(), CMSG_DATA(part),
                        received.descriptors.size() * sizeof(int));
        }
        return received;
    }

    /// The next notification that has this line, or one that begins so; the others are passed over.
    received_notification receive_until(std::string_view line) {
        const auto deadline = std::chrono::steady_clock::now() + time_limit;
        for (;;) {
            received_notification received = receive();
            if (("\n" + received.text).find("\n" + std::string(line)) != std::string::npos)
                return received;
            if (std::chrono::steady_clock::now() > deadline)
                throw std::runtime_error("the service manager waits for " + std::string(line));
        }
    }

    /// Forgets what has come by now.
    void drop_all() {
        while (!is_silent())
            receive();
    }

    /// Whether nothing has come.
    [[nodiscard]] bool is_silent() const noexcept {
        char byte = 0;
        return ::recv(fd_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0;
    }

private:
    temporary_directory directory_;
    std::string name_;
    int fd_;
    std::optional<environment_variable> variable_;
};
