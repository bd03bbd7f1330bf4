// One operation moves 2 GiB less a page at most, as a system call does: read(2).

#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"
#include "discarding_reader.hpp"
#include "large_memory.hpp"
#include "under_sanitizer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

namespace tests::ring_conformance_size {

namespace {

constexpr std::size_t moved_max = 0x7ffff000;  // MAX_RW_COUNT, in pages of 4 KiB

/// What the send that `prepare(sqe, fd)` describes comes to, and how many bytes have arrived.
template <class Prepare>
std::pair<int, std::uint64_t> send(ringlet::ring& ring, const Prepare& prepare) {
    connected_pair pair = tcp_pair();
    discarding_reader reader(pair.peer());
    const int sent = result_of(ring, [&](io_uring_sqe* sqe) { prepare(sqe, pair.fd()); });
    pair.one.shutdown(SHUT_WR);
    return {sent, reader.count()};
}

constexpr std::pair<int, std::uint64_t> all_of_one_call{moved_max, moved_max};

}  // namespace

TEST_CASE("a send moves what one system call does, and tells how much", "[ring]") {
    if (under_thread_sanitizer)
        SKIP("the thread sanitizer takes memory for each byte that a call reads");
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const large_memory memory(moved_max + 4095);
    const std::span<const std::byte> bytes = memory.bytes();
    CHECK(send(*ring, [&](io_uring_sqe* sqe, int fd) {
              io_uring_prep_send(sqe, fd, bytes.data(), bytes.size(), MSG_WAITALL);
          }) == all_of_one_call);
}

TEST_CASE("a send of several buffers moves what one system call does, and tells how much",
          "[ring]") {
    if (under_thread_sanitizer)
        SKIP("the thread sanitizer takes memory for each byte that a call reads");
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const large_memory memory(std::size_t{3} << 30U);
    auto* const begin = const_cast<std::byte*>(memory.bytes().data());
    std::array<iovec, 3> buffers{};
    buffers.fill({begin, std::size_t{1} << 30U});
    msghdr message{};
    message.msg_iov = buffers.data();
    message.msg_iovlen = buffers.size();
    CHECK(send(*ring, [&](io_uring_sqe* sqe, int fd) {
              io_uring_prep_sendmsg(sqe, fd, &message, MSG_WAITALL);
          }) == all_of_one_call);
}

TEST_CASE("a write moves what one system call does, and tells how much", "[ring]") {
    if (under_thread_sanitizer)
        SKIP("the thread sanitizer takes memory for each byte that a call reads");
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const large_memory memory(moved_max + 4095);
    const std::span<const std::byte> bytes = memory.bytes();
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    CHECK(result_of(*ring, [&](io_uring_sqe* sqe) {
              io_uring_prep_write(sqe, nowhere, bytes.data(), static_cast<unsigned>(bytes.size()),
                                  0);
          }) == static_cast<int>(moved_max));
    ::close(nowhere);
}

}  // namespace tests::ring_conformance_size
