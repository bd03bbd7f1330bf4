#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <future>

/// A thread that takes what comes on a TCP socket up to the end of the stream, and counts it. It
/// has the kernel drop the bytes, which costs less time than to copy them (MSG_TRUNC, tcp(7)).
class discarding_reader {
public:
    explicit discarding_reader(int fd)
        : fd_(fd), counting_(std::async(std::launch::async, [fd] { return count_until_end(fd); })) {
    }
    discarding_reader(const discarding_reader&) = delete;
    discarding_reader& operator=(const discarding_reader&) = delete;
    ~discarding_reader() { ::shutdown(fd_, SHUT_RDWR); }  // or the thread would not end

    /// Waits for the end of the stream: how many bytes there were.
    [[nodiscard]] std::uint64_t count() { return counting_.get(); }

private:
    static std::uint64_t count_until_end(int fd) noexcept {
        constexpr auto piece = std::size_t{1} << 30U;
        std::uint64_t total = 0;
        for (;;) {
            // Not by recv(2), where a sanitizer would look at the memory that there is none of.
            const long taken =
                ::syscall(SYS_recvfrom, fd, nullptr, piece, MSG_TRUNC, nullptr, nullptr);
            if (taken > 0)
                total += static_cast<std::uint64_t>(taken);
            else if (taken == 0 || errno != EINTR)
                return total;
        }
    }

    int fd_;
    std::future<std::uint64_t> counting_;
};
