#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <limits>
#include <string_view>
#include <vector>

namespace tests::ring_conformance_errors {

namespace {

struct operation {
    const char* name;
    std::function<void(io_uring_sqe*, int)> prepare;  // on a descriptor
};

std::array<char, 16> buffer{};
msghdr nothing{};

std::vector<operation> operations_on_sockets() {
    static const sockaddr_in nowhere = loopback();
    return {
        {"RECV", [](auto* sqe, int fd) { io_uring_prep_recv(sqe, fd, buffer.data(), 1, 0); }},
        {"SEND", [](auto* sqe, int fd) { io_uring_prep_send(sqe, fd, buffer.data(), 1, 0); }},
        {"RECVMSG", [](auto* sqe, int fd) { io_uring_prep_recvmsg(sqe, fd, &nothing, 0); }},
        {"SENDMSG", [](auto* sqe, int fd) { io_uring_prep_sendmsg(sqe, fd, &nothing, 0); }},
        {"ACCEPT", [](auto* sqe, int fd) { io_uring_prep_accept(sqe, fd, nullptr, nullptr, 0); }},
        {"multishot ACCEPT",
         [](auto* sqe, int fd) { io_uring_prep_multishot_accept(sqe, fd, nullptr, nullptr, 0); }},
        {"CONNECT",
         [](auto* sqe, int fd) {
             io_uring_prep_connect(sqe, fd, reinterpret_cast<const sockaddr*>(&nowhere),
                                   sizeof(nowhere));
         }},
        {"SHUTDOWN", [](auto* sqe, int fd) { io_uring_prep_shutdown(sqe, fd, SHUT_RDWR); }},
    };
}

std::vector<operation> operations_on_files() {
    return {
        {"READ", [](auto* sqe, int fd) { io_uring_prep_read(sqe, fd, buffer.data(), 1, 0); }},
        {"WRITE", [](auto* sqe, int fd) { io_uring_prep_write(sqe, fd, buffer.data(), 1, 0); }},
        {"FSYNC", [](auto* sqe, int fd) { io_uring_prep_fsync(sqe, fd, 0); }},
        {"POLL_ADD", [](auto* sqe, int fd) { io_uring_prep_poll_add(sqe, fd, POLLIN); }},
        {"CLOSE", [](auto* sqe, int fd) { io_uring_prep_close(sqe, fd); }},
    };
}

std::vector<operation> all_operations() {
    std::vector<operation> all = operations_on_sockets();
    for (operation& each : operations_on_files())
        all.push_back(std::move(each));
    return all;
}

int result_on(ringlet::ring& ring, const operation& tested, int fd) {
    return result_of(ring, [&](io_uring_sqe* sqe) { tested.prepare(sqe, fd); });
}

/// A descriptor that closes.
class owned_descriptor {
public:
    explicit owned_descriptor(int fd) : fd_(check_socket_call(fd, "open")) {}
    owned_descriptor(const owned_descriptor&) = delete;
    owned_descriptor& operator=(const owned_descriptor&) = delete;
    ~owned_descriptor() { ::close(fd_); }
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    int fd_;
};

}  // namespace

TEST_CASE("a descriptor that is none gives EBADF", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const int closed = net->tcp_socket().native_handle();
    for (const operation& each : all_operations()) {
        CAPTURE(each.name);
        for (const int fd : {-1, closed, 1'000'000, std::numeric_limits<int>::max()})
            CHECK(result_on(*ring, each, fd) == -EBADF);
    }
}

TEST_CASE("what is no socket gives ENOTSOCK, and stays as it was", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const owned_descriptor event(::eventfd(0, EFD_CLOEXEC));
    const owned_descriptor file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    for (const operation& each : operations_on_sockets()) {
        CAPTURE(each.name);
        for (const int fd : {event.fd(), file.fd()}) {
            const int flags = ::fcntl(fd, F_GETFL);
            CHECK(result_on(*ring, each, fd) == -ENOTSOCK);
            CHECK(::fcntl(fd, F_GETFL) == flags);
        }
    }
}

TEST_CASE("a number that was a socket's and is no socket's any more gives ENOTSOCK", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const std::vector<operation> operations = operations_on_sockets();
    connected_pair pair = net->unix_pair();
    REQUIRE(net->send(pair.peer(), "x") == 1);
    CHECK(result_of(*ring, [&](io_uring_sqe* sqe) {
              io_uring_prep_recv(sqe, pair.fd(), buffer.data(), buffer.size(), 0);
          }) == 1);
    const int number = pair.fd();
    pair.one = ringlet::socket();
    const owned_descriptor event(::eventfd(0, EFD_CLOEXEC));
    REQUIRE(event.fd() == number);
    CHECK(result_on(*ring, operations.front(), number) == -ENOTSOCK);
}

TEST_CASE("a socket that does not listen accepts nobody, and one without a peer has none",
          "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::socket idle = net->tcp_socket();
    for (const operation& each : operations_on_sockets()) {
        const std::string_view name = each.name;
        CAPTURE(name);
        if (name.ends_with("ACCEPT"))
            CHECK(result_on(*ring, each, idle.native_handle()) == -EINVAL);
        else if (name.starts_with("RECV"))
            CHECK(result_on(*ring, each, idle.native_handle()) == -ENOTCONN);
        else if (name.starts_with("SEND"))
            CHECK(result_on(*ring, each, idle.native_handle()) == -EPIPE);
    }
}

TEST_CASE("an opcode or a flag that a ring does not know gives EINVAL, and others go on",
          "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    CHECK(result_of(*ring, [](io_uring_sqe* sqe) { sqe->opcode = 255; }) == -EINVAL);
    const connected_pair pair = net->unix_pair();
    REQUIRE(net->send(pair.peer(), "x") == 1);
    const std::vector<operation> operations = all_operations();
    for (const operation& each : operations) {
        CAPTURE(each.name);
        prepare_as(*ring, 1, [&](io_uring_sqe* sqe) {
            each.prepare(sqe, pair.fd());
            sqe->flags = 0x80;
        });
        prepare_as(*ring, 2, [](io_uring_sqe* sqe) { io_uring_prep_nop(sqe); });
        CHECK(next_results(*ring, 2) == std::map<std::uint64_t, int>{{1, -EINVAL}, {2, 0}});
    }
    CHECK(result_on(*ring, operations.front(), pair.fd()) == 1);
}

// What a newer kernel's ring knows, and this one does not.
TEST_CASE("the epoll ring does not guess at flags", "[ring]") {
    ringlet::epoll_ring ring;
    const connected_pair pair = unix_pair();
    REQUIRE(::send(pair.peer(), "x", 1, 0) == 1);
    const std::vector<std::function<void(io_uring_sqe*)>> unknown{
        [](auto* sqe) { io_uring_prep_nop(sqe), sqe->rw_flags = 1; },
        [](auto* sqe) { io_uring_prep_nop(sqe), sqe->flags = IOSQE_IO_LINK; },
        [](auto* sqe) { io_uring_prep_nop(sqe), sqe->flags = IOSQE_CQE_SKIP_SUCCESS; },
        [&](auto* sqe) {
            io_uring_prep_recv(sqe, pair.fd(), buffer.data(), 1, 0);
            sqe->flags = IOSQE_FIXED_FILE;
        },
        [&](auto* sqe) {
            io_uring_prep_recv(sqe, pair.fd(), buffer.data(), 1, 0);
            sqe->ioprio = 1U << 5U;
        },
        [&](auto* sqe) { io_uring_prep_recv(sqe, pair.fd(), buffer.data(), 1, MSG_ERRQUEUE); },
        [&](auto* sqe) { io_uring_prep_recvmsg(sqe, pair.fd(), &nothing, MSG_ERRQUEUE); },
        [&](auto* sqe) {
            io_uring_prep_send(sqe, pair.fd(), buffer.data(), 1, 0);
            sqe->addr2 = reinterpret_cast<std::uintptr_t>(&nothing);
        },
        [&](auto* sqe) {
            io_uring_prep_accept(sqe, pair.fd(), nullptr, nullptr, 0);
            sqe->file_index = 1;
        },
        [&](auto* sqe) { io_uring_prep_poll_multishot(sqe, pair.fd(), POLLIN); },
        [&](auto* sqe) {
            io_uring_prep_read(sqe, pair.fd(), buffer.data(), 1, 0), sqe->rw_flags = 1;
        },
        [&](auto* sqe) { io_uring_prep_fsync(sqe, pair.fd(), 1U << 7U); },
        [&](auto* sqe) { io_uring_prep_close_direct(sqe, 0); },
        [](auto* sqe) { io_uring_prep_cancel64(sqe, 1, 1 << 9); },
    };
    for (std::size_t i = 0; i < unknown.size(); ++i) {
        CAPTURE(i);
        CHECK(result_of(ring, unknown[i]) == -EINVAL);
    }
    CHECK(::recv(pair.fd(), buffer.data(), 1, MSG_DONTWAIT) == 1);
}

TEST_CASE("every ring supports what the library uses", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    for (const unsigned opcode :
         {IORING_OP_NOP, IORING_OP_RECV, IORING_OP_SEND, IORING_OP_RECVMSG, IORING_OP_SENDMSG,
          IORING_OP_ACCEPT, IORING_OP_CONNECT, IORING_OP_SHUTDOWN, IORING_OP_CLOSE,
          IORING_OP_POLL_ADD, IORING_OP_ASYNC_CANCEL, IORING_OP_READ}) {
        CAPTURE(opcode);
        CHECK(ring->supports(opcode));
    }
    for (const unsigned absurd : {200U, 255U, 256U, ~0U}) {
        CAPTURE(absurd);
        CHECK_FALSE(ring->supports(absurd));
    }
}

TEST_CASE("every ring of the system supports files, and timeouts", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    for (const unsigned opcode : {IORING_OP_TIMEOUT, IORING_OP_WRITE, IORING_OP_OPENAT,
                                  IORING_OP_OPENAT2, IORING_OP_FSYNC, IORING_OP_STATX}) {
        CAPTURE(opcode);
        CHECK(ring->supports(opcode));
    }
}

TEST_CASE("what does nothing is done at once, in the order it came", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    for (std::uint64_t i = 1; i <= 100; ++i)
        prepare_as(*ring, i, [](io_uring_sqe* sqe) { io_uring_prep_nop(sqe); });
    for (std::uint64_t i = 1; i <= 100; ++i) {
        const ringlet::detail::completion cqe = next_completion(*ring);
        CHECK(cqe.user_data == i);
        CHECK(cqe.result == 0);
        CHECK(cqe.flags == 0);
    }
}

}  // namespace tests::ring_conformance_errors
