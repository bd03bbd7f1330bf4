#include "byte_pattern.hpp"
#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <limits>
#include <span>
#include <string>

namespace tests::ring_conformance_pipe {

namespace {

constexpr auto at_position = std::numeric_limits<std::uint64_t>::max();

/// The two ends of a pipe.
class pipe_ends {
public:
    explicit pipe_ends(int flags = 0) {
        check_socket_call(::pipe2(fds_.data(), O_CLOEXEC | flags), "pipe2");
    }
    pipe_ends(const pipe_ends&) = delete;
    pipe_ends& operator=(const pipe_ends&) = delete;
    ~pipe_ends() {
        close(0);
        close(1);
    }
    [[nodiscard]] int reader() const noexcept { return fds_[0]; }
    [[nodiscard]] int writer() const noexcept { return fds_[1]; }
    void close_reader() noexcept { close(0); }
    void close_writer() noexcept { close(1); }

private:
    void close(std::size_t end) noexcept {
        if (fds_[end] >= 0)
            ::close(fds_[end]);
        fds_[end] = -1;
    }
    std::array<int, 2> fds_{};
};

class event_counter {
public:
    explicit event_counter(int flags = 0)
        : fd_(check_socket_call(::eventfd(0, EFD_CLOEXEC | flags), "eventfd")) {}
    event_counter(const event_counter&) = delete;
    event_counter& operator=(const event_counter&) = delete;
    ~event_counter() { ::close(fd_); }
    [[nodiscard]] int fd() const noexcept { return fd_; }

private:
    int fd_;
};

void prepare_read(ringlet::ring& ring, int fd, void* into, std::size_t size,
                  std::uint64_t offset = 0) {
    prepare_as(ring, 1, [&](io_uring_sqe* sqe) {
        io_uring_prep_read(sqe, fd, into, static_cast<unsigned>(size), offset);
    });
}

void prepare_write(ringlet::ring& ring, int fd, std::string_view data, std::uint64_t offset = 0) {
    prepare_as(ring, 1, [&](io_uring_sqe* sqe) {
        io_uring_prep_write(sqe, fd, data.data(), static_cast<unsigned>(data.size()), offset);
    });
}

}  // namespace

TEST_CASE("a read of an eventfd waits until it has counted", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const event_counter event;
    std::uint64_t count = 0;
    for (const std::uint64_t offset : {std::uint64_t{0}, at_position}) {
        prepare_read(*ring, event.fd(), &count, sizeof(count), offset);
        CHECK(nothing_completes(*ring));
        REQUIRE(::eventfd_write(event.fd(), 3) == 0);
        CHECK(next_completion(*ring).result == 8);
        CHECK(count == 3);
    }
    REQUIRE(::eventfd_write(event.fd(), 4) == 0);
    prepare_read(*ring, event.fd(), &count, sizeof(count));
    CHECK(next_completion(*ring).result == 8);
    CHECK(count == 4);
    prepare_read(*ring, event.fd(), &count, sizeof(count));
    CHECK(nothing_completes(*ring));
    CHECK(cancel(*ring, 1) == cancelled);
    prepare_read(*ring, event.fd(), &count, 4);
    CHECK(next_completion(*ring).result == -EINVAL);
}

TEST_CASE("a write to an eventfd waits until there is room to count", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const event_counter event;
    REQUIRE(::eventfd_write(event.fd(), std::numeric_limits<std::uint64_t>::max() - 1) == 0);
    const std::string one{1, 0, 0, 0, 0, 0, 0, 0};
    prepare_write(*ring, event.fd(), one);
    CHECK(nothing_completes(*ring));
    eventfd_t count = 0;
    REQUIRE(::eventfd_read(event.fd(), &count) == 0);
    CHECK(next_completion(*ring).result == 8);
    REQUIRE(::eventfd_read(event.fd(), &count) == 0);
    CHECK(count == 1);
}

TEST_CASE("O_NONBLOCK does not keep a read from waiting", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const event_counter event(EFD_NONBLOCK);
    std::uint64_t count = 0;
    prepare_read(*ring, event.fd(), &count, sizeof(count));
    CHECK(nothing_completes(*ring));
    REQUIRE(::eventfd_write(event.fd(), 3) == 0);
    CHECK(next_completion(*ring).result == 8);
}

TEST_CASE("a pipe is read and written, and has an end", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    pipe_ends pipe;
    std::array<char, 16> buffer{};
    prepare_read(*ring, pipe.reader(), buffer.data(), buffer.size(), 12);  // a pipe has no offsets
    CHECK(nothing_completes(*ring));
    prepare_as(*ring, 2, [&](io_uring_sqe* sqe) {
        io_uring_prep_write(sqe, pipe.writer(), "hello", 5, at_position);
    });
    CHECK(next_results(*ring, 2) == std::map<std::uint64_t, int>{{1, 5}, {2, 5}});
    CHECK(std::string_view(buffer.data(), 5) == "hello");
    prepare_read(*ring, pipe.reader(), buffer.data(), buffer.size());
    CHECK(nothing_completes(*ring));
    pipe.close_writer();
    CHECK(next_completion(*ring).result == 0);
}

TEST_CASE("the wrong end of a pipe gives EBADF", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const pipe_ends pipe;
    char byte = 0;
    prepare_read(*ring, pipe.writer(), &byte, 1);
    CHECK(next_completion(*ring).result == -EBADF);
    prepare_write(*ring, pipe.reader(), "x");
    CHECK(next_completion(*ring).result == -EBADF);
}

TEST_CASE("a large write fills a pipe, does not wait for the rest, and then for room", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const pipe_ends pipe;
    const std::string data = byte_pattern(1'000'000);
    std::string taken(data.size(), '\0');
    std::size_t read = 0;
    const auto read_more = [&] {
        const ssize_t count = ::read(pipe.reader(), &taken[read], taken.size() - read);
        read += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
        return count > 0;
    };
    for (std::size_t written = 0; written < data.size();) {
        prepare_write(*ring, pipe.writer(), std::string_view(data).substr(written));
        if (nothing_completes(*ring))
            REQUIRE(read_more());
        const int result = next_completion(*ring).result;
        REQUIRE(result > 0);
        CHECK(result < 1'000'000);
        written += static_cast<std::size_t>(result);
    }
    while (read < data.size())
        REQUIRE(read_more());
    CHECK(taken == data);
}

TEST_CASE("a write to a pipe without a reader gives EPIPE", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    const bool waits = GENERATE(false, true);
    pipe_ends pipe;
    if (waits) {
        const std::string data(std::size_t{1} << 20U, 'd');
        prepare_write(*ring, pipe.writer(), data);
        CHECK(next_completion(*ring).result > 0);
    } else {
        pipe.close_reader();
    }
    prepare_write(*ring, pipe.writer(), "x");
    if (waits) {
        CHECK(nothing_completes(*ring));
        pipe.close_reader();
    }
    CHECK(next_completion(*ring).result == -EPIPE);
    std::signal(SIGPIPE, before);
}

TEST_CASE("sockets are read and written like any file", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->tcp_pair();
    std::array<char, 16> buffer{};
    prepare_read(*ring, pair.fd(), buffer.data(), buffer.size());
    CHECK(nothing_completes(*ring));
    prepare_as(*ring, 2,
               [&](io_uring_sqe* sqe) { io_uring_prep_write(sqe, pair.peer(), "hello", 5, 0); });
    CHECK(next_results(*ring, 2) == std::map<std::uint64_t, int>{{1, 5}, {2, 5}});
    pair.other.shutdown(SHUT_WR);
    prepare_read(*ring, pair.fd(), buffer.data(), buffer.size());
    CHECK(next_completion(*ring).result == 0);
}

TEST_CASE("devices are read and written that nothing can poll", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const int full = ::open("/dev/full", O_RDWR | O_CLOEXEC);
    const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    REQUIRE(std::min(full, null) >= 0);
    std::array<char, 16> buffer;
    buffer.fill('x');
    prepare_write(*ring, full, "x");
    CHECK(next_completion(*ring).result == -ENOSPC);
    prepare_write(*ring, null, "x");
    CHECK(next_completion(*ring).result == 1);
    prepare_read(*ring, full, buffer.data(), buffer.size());
    CHECK(next_completion(*ring).result == 16);
    CHECK(buffer == std::array<char, 16>{});
    prepare_read(*ring, null, buffer.data(), buffer.size());
    CHECK(next_completion(*ring).result == 0);
    ::close(full);
    ::close(null);
}

}  // namespace tests::ring_conformance_pipe
