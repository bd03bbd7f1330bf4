#include "byte_pattern.hpp"
#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"
#include "descriptors.hpp"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <ctime>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tests::ring_conformance_message {

using namespace std::chrono_literals;

namespace {

/// A message over `buffers` whose parts are all of its own, so that they can go away.
class message {
public:
    explicit message(std::span<const std::span<char>> buffers) {
        for (const std::span<char> each : buffers)
            buffers_.push_back({each.data(), each.size()});
        header_.msg_iov = buffers_.data();
        header_.msg_iovlen = buffers_.size();
    }
    message(const message&) = delete;
    message& operator=(const message&) = delete;

    /// What goes away is overwritten, so that whoever looks at it still does not find it.
    ~message() {
        std::memset(buffers_.data(), 0xee, buffers_.size() * sizeof(iovec));
        std::memset(&name_, 0xee, sizeof(name_));
        control_.fill('\xee');
        std::memset(&header_, 0xee, sizeof(header_));
    }

    [[nodiscard]] msghdr& header() noexcept { return header_; }

    void name(const ringlet::address& address) noexcept {
        std::memcpy(&name_, address.data(), address.size());
        header_.msg_name = &name_;
        header_.msg_namelen = address.size();
    }
    void make_room_for_name() noexcept {
        header_.msg_name = &name_;
        header_.msg_namelen = sizeof(name_);
    }
    [[nodiscard]] ringlet::address name() const noexcept {
        return ringlet::address::from(reinterpret_cast<const sockaddr*>(&name_),
                                      header_.msg_namelen);
    }

    /// Sends a descriptor along.
    void attach(int fd) noexcept {
        make_room_for_descriptor();
        cmsghdr* const part = CMSG_FIRSTHDR(&header_);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(sizeof(fd));
        std::memcpy(CMSG_DATA(part), &fd, sizeof(fd));
    }

    void make_room_for_descriptor() noexcept {
        header_.msg_control = control_.data();
        header_.msg_controllen = control_.size();
    }

    /// The descriptor that came along, or -1.
    [[nodiscard]] int attached() noexcept {
        const cmsghdr* const part = CMSG_FIRSTHDR(&header_);
        if (part == nullptr || part->cmsg_type != SCM_RIGHTS)
            return -1;
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(part), sizeof(fd));
        return fd;
    }

private:
    std::vector<iovec> buffers_;
    sockaddr_storage name_{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control_{};
    msghdr header_{};
};

void prepare_sendmsg(ringlet::ring& ring, std::uint64_t user_data, int fd, message& sent,
                     unsigned flags = 0) {
    prepare_as(ring, user_data,
               [&](io_uring_sqe* sqe) { io_uring_prep_sendmsg(sqe, fd, &sent.header(), flags); });
}

void prepare_recvmsg(ringlet::ring& ring, std::uint64_t user_data, int fd, message& into,
                     unsigned flags = 0) {
    prepare_as(ring, user_data,
               [&](io_uring_sqe* sqe) { io_uring_prep_recvmsg(sqe, fd, &into.header(), flags); });
}

/// What a socket has received, up to `count` bytes, and how many descriptors came along.
struct received {
    std::string data;
    int descriptors = 0;
};

/// Takes what is there for `ring` to go on, until `size` bytes have been taken.
received drain(ringlet::ring& ring, int fd, std::size_t size) {
    received taken;
    std::array<char, 4096> piece{};
    while (taken.data.size() < size) {
        const std::array<std::span<char>, 1> buffers{piece};
        message into(buffers);
        into.make_room_for_descriptor();
        const ssize_t count = ::recvmsg(fd, &into.header(), MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (count > 0)
            taken.data.append(piece.data(), static_cast<std::size_t>(count));
        if (const int came = count > 0 ? into.attached() : -1; came >= 0) {
            ++taken.descriptors;
            ::close(came);
        }
        hand_over(ring);
    }
    return taken;
}

constexpr int datagram_size = 8;

/// Sends one to where `to` says, or to the peer: whether that is done at once.
bool send_datagram(ringlet::ring& ring, int fd, const ringlet::address& to = {}) {
    static std::string text(datagram_size, 'd');
    const std::array<std::span<char>, 1> from{text};
    message sent(from);
    if (to.family() != AF_UNSPEC)
        sent.name(to);
    prepare_sendmsg(ring, 1, fd, sent);
    return !nothing_completes(ring) && ring.completions().pop().result == datagram_size;
}

/// Receives one, if there is one.
bool take_datagram(sockets& net, int fd) {
    std::array<char, 16> buffer{};
    return net.recv(fd, buffer, MSG_DONTWAIT) == datagram_size;
}

/// The processor's time that this thread has had.
std::chrono::nanoseconds busy_time() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

TEST_CASE("a message is gathered from its buffers and scattered over others", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    std::string one = "ab";
    std::string none;
    std::string two = "cdefg";
    const std::array<std::span<char>, 3> from{one, none, two};
    message sent(from);
    std::array<char, 3> left{};
    std::array<char, 8> right{};
    const std::array<std::span<char>, 2> into{left, right};
    message got(into);
    prepare_recvmsg(*ring, 1, pair.fd(), got);
    CHECK(nothing_completes(*ring));
    prepare_sendmsg(*ring, 2, pair.peer(), sent);
    CHECK(next_results(*ring, 2) == std::map<std::uint64_t, int>{{1, 7}, {2, 7}});
    CHECK(std::string_view(left.data(), 3) == "abc");
    CHECK(std::string_view(right.data(), 4) == "defg");
    CHECK(got.header().msg_flags == 0);
}

TEST_CASE("MSG_WAITALL makes a gathered send finish, across its buffers", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->unix_pair();
    pair.one.set_option(SOL_SOCKET, SO_SNDBUF, 8'192);
    const std::string data = byte_pattern(300'000);
    std::string copy = data;
    std::vector<std::span<char>> buffers;
    for (std::size_t begin = 0, size = 1; begin < copy.size();
         begin += size, size = size * 3 % 50'021)
        buffers.emplace_back(copy.data() + begin, std::min(size, copy.size() - begin));
    {
        message sent(buffers);
        prepare_sendmsg(*ring, 1, pair.fd(), sent, MSG_WAITALL);
        CHECK(nothing_completes(*ring));
    }  // the header and what it names may go once they are handed over
    const std::string taken = take_from(*net, *ring, pair.peer(), data.size());
    CHECK(next_completion(*ring).result == static_cast<int>(data.size()));
    CHECK(taken == data);
}

TEST_CASE("MSG_WAITALL makes a scattered receive fill all its buffers", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    std::array<char, 3> left{};
    std::array<char, 4> right{};
    const std::array<std::span<char>, 2> into{left, right};
    message got(into);
    prepare_recvmsg(*ring, 1, pair.fd(), got, MSG_WAITALL);
    for (const std::string_view piece : {"ab", "cd", "ef"}) {
        REQUIRE(net->send(pair.peer(), piece) == 2);
        CHECK(nothing_completes(*ring));
    }
    REQUIRE(net->send(pair.peer(), "ghi") == 3);
    CHECK(next_completion(*ring).result == 7);
    CHECK(std::string_view(left.data(), 3) == "abc");
    CHECK(std::string_view(right.data(), 4) == "defg");
}

TEST_CASE("the buffers' list of a receive that waits may go", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    std::array<char, 3> left{};
    std::array<char, 4> right{};
    msghdr header{};
    {
        auto buffers = std::make_unique<std::array<iovec, 2>>();
        *buffers = {iovec{left.data(), left.size()}, iovec{right.data(), right.size()}};
        header.msg_iov = buffers->data();
        header.msg_iovlen = buffers->size();
        prepare_as(*ring, 1,
                   [&](io_uring_sqe* sqe) { io_uring_prep_recvmsg(sqe, pair.fd(), &header, 0); });
        CHECK(nothing_completes(*ring));
        *buffers = {};
    }
    REQUIRE(net->send(pair.peer(), "abcde") == 5);
    CHECK(next_completion(*ring).result == 5);
    CHECK(std::string_view(right.data(), 2) == "de");
}

TEST_CASE("a datagram goes where its message says, and tells where it comes from", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::socket one = net->named_udp_socket();
    const ringlet::socket other = net->named_udp_socket();
    std::array<char, 16> buffer{};
    const std::array<std::span<char>, 1> into{buffer};
    for (const bool waits : {true, false}) {
        for (const std::size_t size : {std::size_t{5}, std::size_t{0}}) {
            message got(into);
            got.make_room_for_name();
            if (waits) {
                prepare_recvmsg(*ring, 1, other.native_handle(), got);
                CHECK(nothing_completes(*ring));
            }
            std::string text = "hello";
            const std::array<std::span<char>, 1> from{std::span(text).first(size)};
            message sent(from);
            sent.name(other.local_address());
            prepare_sendmsg(*ring, 2, one.native_handle(), sent);
            if (!waits)
                prepare_recvmsg(*ring, 1, other.native_handle(), got);
            const int expected = static_cast<int>(size);
            CHECK(next_results(*ring, 2) ==
                  std::map<std::uint64_t, int>{{1, expected}, {2, expected}});
            CHECK(got.name() == one.local_address());
            CHECK(got.header().msg_namelen == sizeof(sockaddr_in));
        }
    }
}

TEST_CASE("descriptors go along with a message, once, and come with it", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    const connected_pair passed = net->unix_pair();
    std::string text = "x";
    std::array<char, 16> buffer{};
    const std::array<std::span<char>, 1> from{text};
    const std::array<std::span<char>, 1> into{buffer};
    message got(into);
    got.make_room_for_descriptor();
    prepare_recvmsg(*ring, 1, pair.fd(), got, MSG_CMSG_CLOEXEC);
    CHECK(nothing_completes(*ring));
    {
        message sent(from);
        sent.attach(passed.fd());
        prepare_sendmsg(*ring, 2, pair.peer(), sent);
        CHECK(next_results(*ring, 2) == std::map<std::uint64_t, int>{{1, 1}, {2, 1}});
    }
    const ringlet::socket came = owned_socket(got.attached(), "SCM_RIGHTS");
    REQUIRE(net->send(came.native_handle(), "!") == 1);
    CHECK(net->recv(passed.peer(), std::span(buffer).first(1)) == 1);
}

TEST_CASE("descriptors go along once, however often a send goes on", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->unix_pair();
    pair.one.set_option(SOL_SOCKET, SO_SNDBUF, 8'192);
    const std::size_t open_before = open_descriptors();
    {
        const connected_pair passed = net->unix_pair();
        std::string data = byte_pattern(200'000);
        const std::array<std::span<char>, 1> from{data};
        {
            message sent(from);
            sent.attach(passed.fd());
            prepare_sendmsg(*ring, 1, pair.fd(), sent, MSG_WAITALL);
            CHECK(nothing_completes(*ring));
        }
        const received taken = drain(*ring, pair.peer(), data.size());
        CHECK(next_completion(*ring).result == static_cast<int>(data.size()));
        CHECK(taken.data == data);
        CHECK(taken.descriptors == 1);
    }
    CHECK(open_descriptors() == open_before);
}

TEST_CASE("a datagram waits for room", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair(SOCK_DGRAM);
    int sent = 1;
    while (send_datagram(*ring, pair.fd()))
        ++sent;
    while (ring->completions().ready() == 0) {
        REQUIRE(take_datagram(*net, pair.peer()));
        --sent;
        hand_over(*ring);
    }
    CHECK(next_completion(*ring).result == datagram_size);
    for (; sent > 0; --sent)
        REQUIRE(take_datagram(*net, pair.peer()));
    CHECK_FALSE(take_datagram(*net, pair.peer()));
}

// Only the receiver's queue is full then, of which a poll of the sender knows nothing.
TEST_CASE("a datagram waits for room at whom it names, and takes no time for that", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::socket receiver = net->named_unix_socket(SOCK_DGRAM);
    const ringlet::socket sender = net->unix_socket(SOCK_DGRAM);
    const ringlet::address to = receiver.local_address();

    int sent = 1;
    while (send_datagram(*ring, sender.native_handle(), to))
        ++sent;
    const auto busy_before = busy_time();
    ring->enter(0, 1, ring->now() + 100ms);
    CHECK(ring->completions().ready() == 0);
    CHECK(busy_time() - busy_before < 50ms);

    REQUIRE(take_datagram(*net, receiver.native_handle()));
    const int result = next_completion(*ring).result;
    for (int left = sent - 1; left > 0; --left) {
        if (left == 1 && result == 0)
            break;  // Linux 6.18 has forgotten the data by then, and sends an empty datagram
        REQUIRE(take_datagram(*net, receiver.native_handle()));
    }
}

}  // namespace tests::ring_conformance_message
