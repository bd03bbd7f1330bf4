#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <ringlet/ring/epoll_ring.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace tests::ring_epoll_watching {

using namespace std::chrono_literals;

/// The descriptors that any epoll instance of this process watches: proc(5), fdinfo.
std::vector<int> watched_descriptors() {
    std::vector<int> watched;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
        std::ifstream lines(entry.path());
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with("tfd:"))
                watched.push_back(std::stoi(line.substr(4)));
    }
    return watched;
}

bool is_watched(int fd) {
    return std::ranges::count(watched_descriptors(), fd) > 0;
}

/// Lets the ring wait for what does not come.
void wait_in_vain(ringlet::ring& ring) {
    ring.enter(ring.submissions().prepared(), 1, ring.now() + 5ms);
    CHECK(ring.completions().ready() == 0);
}

/// Receives a byte that comes only once the ring waits for it.
void receive_late(ringlet::ring& ring, const connected_pair& pair) {
    char byte = 0;
    prepare_as(ring, 1,
               [&](io_uring_sqe* sqe) { io_uring_prep_recv(sqe, pair.fd(), &byte, 1, 0); });
    wait_in_vain(ring);
    REQUIRE(::send(pair.peer(), "x", 1, 0) == 1);
    CHECK(next_completion(ring).result == 1);
    CHECK(byte == 'x');
}

TEST_CASE("an epoll ring watches a socket of ringlet's until something comes that nobody takes",
          "[ring]") {
    const connected_pair pair = unix_pair();
    ringlet::epoll_ring ring;
    receive_late(ring, pair);
    receive_late(ring, pair);
    CHECK(is_watched(pair.fd()));

    REQUIRE(::send(pair.peer(), "y", 1, 0) == 1);
    wait_in_vain(ring);
    CHECK_FALSE(is_watched(pair.fd()));
    CHECK(receive_byte(ring, pair.one) == 1);
    receive_late(ring, pair);
    CHECK(is_watched(pair.fd()));

    REQUIRE(::shutdown(pair.peer(), SHUT_RDWR) == 0);
    wait_in_vain(ring);
    CHECK_FALSE(is_watched(pair.fd()));
    CHECK(receive_byte(ring, pair.one) == 0);
}

TEST_CASE("an epoll ring does not watch on and on for the output that it waited for", "[ring]") {
    const connected_pair pair = unix_pair();
    ringlet::epoll_ring ring;
    const std::string bytes(std::size_t{1} << 20U, 'x');
    char byte = 0;
    prepare_as(ring, 1,
               [&](io_uring_sqe* sqe) { io_uring_prep_recv(sqe, pair.fd(), &byte, 1, 0); });
    prepare_as(ring, 2, [&](io_uring_sqe* sqe) {
        io_uring_prep_send(sqe, pair.fd(), bytes.data(), bytes.size(), MSG_WAITALL);
    });
    wait_in_vain(ring);
    system_sockets net;
    CHECK(take_from(net, ring, pair.peer(), bytes.size()) == bytes);
    CHECK(next_results(ring, 1) == std::map<std::uint64_t, int>{{2, 1 << 20}});
    wait_in_vain(ring);
    REQUIRE(::send(pair.peer(), "y", 1, 0) == 1);
    CHECK(next_results(ring, 1) == std::map<std::uint64_t, int>{{1, 1}});
    wait_in_vain(ring);
    CHECK(is_watched(pair.fd()));  // for input, of which there is none
}

TEST_CASE("an epoll ring finds out that a number names another socket by now", "[ring]") {
    const bool by_ring = GENERATE(false, true);
    CAPTURE(by_ring);
    ringlet::epoll_ring ring;
    int number = -1;
    for (int life = 0; life < 3; ++life) {
        connected_pair pair = unix_pair();
        if (life == 0)
            number = pair.fd();
        REQUIRE(pair.fd() == number);
        receive_late(ring, pair);
        receive_late(ring, pair);
        if (by_ring) {
            const int closing = pair.one.release();
            CHECK(result_of(ring, [&](io_uring_sqe* sqe) { io_uring_prep_close(sqe, closing); }) ==
                  0);
        }
    }
}

TEST_CASE("an epoll ring forgets a closed socket that a duplicate keeps alive", "[ring]") {
    const bool by_ring = GENERATE(false, true);
    const bool reused = GENERATE(false, true);
    CAPTURE(by_ring, reused);
    const connected_pair other = unix_pair();
    ringlet::epoll_ring ring;
    char byte = 0;
    prepare_as(ring, 7,
               [&](io_uring_sqe* sqe) { io_uring_prep_recv(sqe, other.fd(), &byte, 1, 0); });
    connected_pair pair = unix_pair();
    receive_late(ring, pair);
    const int number = pair.fd();
    const int copy = ::dup(number);
    if (by_ring) {
        const int closing = pair.one.release();
        CHECK(result_of(ring, [&](io_uring_sqe* sqe) { io_uring_prep_close(sqe, closing); }) == 0);
    } else {
        pair.one = ringlet::socket();
    }
    std::optional<connected_pair> next;
    if (reused) {
        next.emplace(unix_pair());
        REQUIRE(next->fd() == number);
        receive_late(ring, *next);
    }

    REQUIRE(::send(pair.peer(), "x", 1, 0) == 1);
    wait_in_vain(ring);
    wait_in_vain(ring);
    CHECK(std::ranges::count(watched_descriptors(), number) == 0);
    ::close(copy);

    REQUIRE(::send(other.peer(), "y", 1, 0) == 1);
    CHECK(next_completion(ring).user_data == 7);
    if (reused)
        receive_late(ring, *next);
}

}  // namespace tests::ring_epoll_watching
