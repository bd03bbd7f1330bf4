#include "base/detail/standard_descriptors.hpp"
#include "base/detail/stderr_log.hpp"
#include "catch.hpp"
#include "forked_child.hpp"
#include "seccomp_filter.hpp"
#include "standard_descriptors.hpp"

#include <ringlet/base/detail/owned_descriptor.hpp>

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <string>

namespace tests::base_standard_descriptors {

using ringlet::detail::above_standard;

namespace {

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

/// Gives a socket that is close-on-exec the number `fd`, and returns its peer.
int connect_as(int fd) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) < 0 ||
        ::dup3(ends[0], fd, O_CLOEXEC) < 0)
        return -1;
    return ends[1];
}

bool has_come(int peer) {
    char byte = 0;
    return ::recv(peer, &byte, 1, MSG_DONTWAIT) >= 0;
}

}  // namespace

TEST_CASE("a descriptor with the number of a standard stream moves, and leaves /dev/null",
          "[base]") {
    const child_end end = run_in_child([] {
        close_standard_descriptors();
        for (const int fd : {0, 1, 2}) {
            const int opened = ::eventfd(7, 0);
            const int moved = above_standard(opened);
            eventfd_t count = 0;
            if (opened != fd || moved <= 2 || ::fcntl(moved, F_GETFD) != FD_CLOEXEC ||
                ::eventfd_read(moved, &count) < 0 || count != 7 || !is_null_device(fd))
                return 1 + fd;
        }
        return 0;
    });
    CHECK(end.exited_with(0));
}

TEST_CASE("a descriptor with another number stays, and so does an error", "[base]") {
    const int fd = ::eventfd(0, 0);
    CHECK(above_standard(fd) == fd);
    CHECK(::fcntl(fd, F_GETFD) == 0);
    ::close(fd);
    errno = EMFILE;
    CHECK(above_standard(-1) == -1);
    CHECK(errno == EMFILE);
}

TEST_CASE("a descriptor that cannot move is closed", "[base]") {
    const child_end end = run_in_child([] {
        close_standard_descriptors();
        const int opened = ::eventfd(7, 0);
        const rlimit none_above{3, 3};
        ::setrlimit(RLIMIT_NOFILE, &none_above);
        const bool refused = above_standard(opened) == -1 && errno != 0;
        return refused && is_null_device(opened) ? 0 : 1;
    });
    CHECK(end.exited_with(0));
}

TEST_CASE("where no file can be opened, a descriptor moves all the same", "[base]") {
    const child_end end = run_in_child([] {
        close_standard_descriptors();
        if (!refuse_call(SYS_openat, EACCES))
            return 2;
        const int opened = ::eventfd(7, 0);
        return above_standard(opened) > 2 && !is_open(opened) ? 0 : 1;
    });
    CHECK(end.exited_with(0));
}

TEST_CASE("an owned descriptor is no standard stream", "[base]") {
    const child_end end = run_in_child([] {
        close_standard_descriptors();
        const ringlet::detail::owned_descriptor owned(::eventfd(0, EFD_CLOEXEC), "eventfd");
        return owned.native_handle() > 2 && is_null_device(0) ? 0 : 1;
    });
    CHECK(end.exited_with(0));
}

TEST_CASE("the log does not go to a connection that has the number of stderr", "[base]") {
    const child_end end = run_in_child([] {
        const int peer = connect_as(STDERR_FILENO);
        ringlet::detail::stderr_log log;
        log.write({ringlet::log_level::error, "a secret"});
        return peer < 0 || has_come(peer) ? 1 : 0;
    });
    CHECK(end.exited_with(0));
}

TEST_CASE("the log goes to a socket that is stderr, as a service manager makes it", "[base]") {
    const child_end end = run_in_child([] {
        const int peer = connect_as(STDERR_FILENO);
        ::fcntl(STDERR_FILENO, F_SETFD, 0);
        ringlet::detail::stderr_log log;
        log.write({ringlet::log_level::error, "a line"});
        return has_come(peer) ? 0 : 1;
    });
    CHECK(end.exited_with(0));
}

TEST_CASE("the log goes to a file that was opened in the place of stderr", "[base]") {
    const child_end end = run_in_child([] {
        const int file = ::memfd_create("log", MFD_CLOEXEC);
        ::dup3(file, STDERR_FILENO, O_CLOEXEC);
        ringlet::detail::stderr_log log;
        log.write({ringlet::log_level::error, "a line"});
        return ::lseek(file, 0, SEEK_END) > 0 ? 0 : 1;
    });
    CHECK(end.exited_with(0));
}

}  // namespace tests::base_standard_descriptors
