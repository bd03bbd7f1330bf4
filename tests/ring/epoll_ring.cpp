#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"
#include "descriptor_limit.hpp"
#include "descriptors.hpp"
#include "forked_child.hpp"
#include "seccomp_filter.hpp"
#include "temporary_directory.hpp"

#include <ringlet/ring/epoll_ring.hpp>

#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <future>
#include <string>
#include <system_error>

namespace tests::ring_epoll_ring {

using namespace std::chrono_literals;

TEST_CASE("the epoll ring knows which operations it interprets", "[ring]") {
    const ringlet::epoll_ring ring;
    CHECK(ring.name() == "epoll");
    for (const unsigned known : {IORING_OP_NOP, IORING_OP_READ, IORING_OP_RECV, IORING_OP_SEND,
                                 IORING_OP_SENDMSG, IORING_OP_ACCEPT, IORING_OP_CONNECT,
                                 IORING_OP_CLOSE, IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL})
        CHECK(ring.supports(known));
    for (const unsigned absurd : {200U, 255U, 256U, 1'000'000U, ~0U})
        CHECK_FALSE(ring.supports(absurd));
}

TEST_CASE("an epoll ring that lacks a descriptor half-way names the call and leaves none behind",
          "[ring]") {
    const auto descriptors = open_descriptors();
    const int first_free = ::dup(STDERR_FILENO);
    ::close(first_free);
    std::string refusals;
    for (const rlim_t granted : {0U, 1U, 2U}) {
        try {
            const descriptor_limit limit(static_cast<rlim_t>(first_free) + granted);
            const ringlet::epoll_ring ring;
            refusals += "none";
        } catch (const std::system_error& refused) {
            refusals += std::string(refused.what()) + "\n";
        }
    }
    CHECK(refusals == "epoll_create1: Too many open files\neventfd: Too many open files\nnone");
    CHECK(open_descriptors() == descriptors);
}

TEST_CASE("an epoll ring that goes forgets what waits, and leaves no descriptor behind", "[ring]") {
    const auto descriptors = open_descriptors();
    {
        const connected_pair pair = unix_pair();
        const ringlet::socket listener = tcp_listener();
        const ringlet::socket replaced = tcp_listener();
        std::array<char, 16> buffer{};
        iovec part{buffer.data(), buffer.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        __kernel_timespec hour{.tv_sec = 3600, .tv_nsec = 0};

        ringlet::epoll_ring ring;
        auto begin = [&ring, next = std::uint64_t{0}](auto prepare) mutable {
            prepare_as(ring, ++next, prepare);
        };
        begin([&](auto* sqe) { io_uring_prep_recv(sqe, pair.fd(), buffer.data(), 1, 0); });
        begin([&](auto* sqe) { io_uring_prep_recvmsg(sqe, pair.fd(), &message, 0); });
        begin([&](auto* sqe) { io_uring_prep_poll_add(sqe, pair.peer(), POLLIN); });
        begin([&](auto* sqe) {
            io_uring_prep_multishot_accept(sqe, listener.native_handle(), nullptr, nullptr, 0);
        });
        begin([&](auto* sqe) {
            io_uring_prep_accept(sqe, replaced.native_handle(), nullptr, nullptr, 0);
        });
        begin([&](auto* sqe) { io_uring_prep_timeout(sqe, &hour, 0, 0); });
        hand_over(ring);
        const int copy = ::dup(replaced.native_handle());
        begin([&](auto* sqe) { io_uring_prep_close(sqe, copy); });
        CHECK(next_completion(ring).result == 0);
        CHECK(ring.completions().ready() == 0);
    }
    CHECK(open_descriptors() == descriptors);
}

TEST_CASE("an epoll ring that goes waits for its threads, and for no work not begun", "[ring]") {
    // Whoever opens the file waits until the lease on it is given up: fcntl(2).
    temporary_directory folder;
    const std::string path = folder.write("leased", "");
    const int leased = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    ::fcntl(leased, F_SETSIG, SIGURG);  // which does nothing
    if (::fcntl(leased, F_SETLEASE, F_WRLCK) < 0)
        SKIP("this system has no leases");
    std::future<void> giving_up;
    {
        ringlet::epoll_ring ring;
        // More than there are threads.
        for (std::uint64_t i = 0; i < 10; ++i)
            prepare_as(ring, i, [&](io_uring_sqe* sqe) {
                io_uring_prep_openat(sqe, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC, 0);
            });
        hand_over(ring);
        CHECK(ring.completions().ready() == 0);
        giving_up =
            std::async(std::launch::async, [leased] { ::fcntl(leased, F_SETLEASE, F_UNLCK); });
    }
    giving_up.get();
    ::close(leased);
}

TEST_CASE("an epoll ring opens a FIFO without waiting for its other end", "[ring]") {
    temporary_directory folder;
    const std::string path = folder.path() / "fifo";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    ringlet::epoll_ring ring;
    const auto open_as = [&](int flags) {
        open_how how{};
        how.flags = static_cast<unsigned>(flags);
        const int by_name = result_of(ring, [&](io_uring_sqe* sqe) {
            io_uring_prep_openat(sqe, AT_FDCWD, path.c_str(), flags, 0);
        });
        const int fd = result_of(ring, [&](io_uring_sqe* sqe) {
            io_uring_prep_openat2(sqe, AT_FDCWD, path.c_str(), &how);
        });
        CHECK((by_name < 0 ? by_name : 0) == (fd < 0 ? fd : 0));
        const int nonblocking = fd < 0 ? 0 : ::fcntl(fd, F_GETFL) & O_NONBLOCK;
        ::close(by_name);
        ::close(fd);
        return fd < 0 ? fd : nonblocking;
    };
    CHECK(open_as(O_RDONLY) == 0);
    CHECK(open_as(O_RDONLY | O_NONBLOCK) == O_NONBLOCK);
    CHECK(open_as(O_RDWR) == 0);
    CHECK(open_as(O_WRONLY) == -ENXIO);
    CHECK(open_as(O_WRONLY | O_NONBLOCK) == -ENXIO);
    CHECK(open_as(O_PATH) == 0);
}

TEST_CASE("an epoll ring opens files where openat2 is refused, as far as openat can", "[ring]") {
    const unsigned error = GENERATE(unsigned{EPERM}, unsigned{ENOSYS});
    const child_end end = run_in_child([error] {
        if (!refuse_call(SYS_openat2, error))
            return 2;
        ringlet::epoll_ring ring;
        const auto open_by = [&](const char* path, int flags, std::uint64_t resolve) {
            open_how how{};
            how.flags = static_cast<unsigned>(flags);
            how.resolve = resolve;
            return result_of(
                ring, [&](io_uring_sqe* sqe) { io_uring_prep_openat2(sqe, AT_FDCWD, path, &how); });
        };
        const bool opens = open_by("/etc/passwd", O_RDONLY, 0) >= 0;
        const bool reports = open_by("/etc/passwd/", O_RDONLY, 0) == -ENOTDIR;
        const bool refuses = open_by("passwd", O_RDONLY, RESOLVE_BENEATH) == -ENOSYS;
        return opens && reports && refuses ? 0 : 3;
    });
    CAPTURE(error, end.text, end.status);
    CHECK(end.exited_with(0));
}

TEST_CASE("an epoll ring meets its deadlines where epoll_pwait2 is refused", "[ring]") {
    // EPERM is the answer of filters older than the call; ENOSYS that of kernels.
    const unsigned error = GENERATE(0U, unsigned{EPERM}, unsigned{ENOSYS}, unsigned{EUCLEAN});
    const child_end end = run_in_child([error] {
        if (error != 0 && !refuse_call(SYS_epoll_pwait2, error))
            return 2;
        ringlet::epoll_ring ring;
        for (const auto timeout : {0ns, 1ns, 300'000ns, 1'000'001ns, 20'000'000ns}) {
            const auto deadline = ring.now() + timeout;
            ring.enter(0, 1, deadline);
            if (ring.now() < deadline || ring.completions().ready() != 0)
                return 3;
        }
        ring.enter(0, 1, ring.now() - 1h);  // is over at once, and no error
        ring.enter(0, 1, ringlet::ring::clock::time_point::min());

        const connected_pair pair = unix_pair();
        char byte = 0;
        prepare_as(ring, 1,
                   [&](io_uring_sqe* sqe) { io_uring_prep_recv(sqe, pair.fd(), &byte, 1, 0); });
        hand_over(ring);
        prepare_as(ring, 2,
                   [&](io_uring_sqe* sqe) { io_uring_prep_send(sqe, pair.peer(), "!", 1, 0); });
        ring.enter(1, 2, ring.now() + 24h * 365 * 100);
        return ring.completions().ready() == 2 && byte == '!' ? 0 : 4;
    });
    CAPTURE(error, end.text, end.status);
    CHECK(end.exited_with(0));
}

}  // namespace tests::ring_epoll_ring
