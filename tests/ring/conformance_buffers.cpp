#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <array>
#include <string>
#include <string_view>

namespace tests::ring_conformance_buffers {

namespace {

constexpr std::uint64_t receiving = 1;
constexpr std::uint64_t providing = 2;
constexpr std::uint16_t group = 7;

/// Four buffers of 16 bytes, their ids from 10 on.
class provided_buffers {
public:
    static constexpr unsigned count = 4;
    static constexpr unsigned size = 16;
    static constexpr unsigned first_id = 10;

    void provide(ringlet::ring& ring) {
        prepare_as(ring, providing, [this](io_uring_sqe* sqe) {
            io_uring_prep_provide_buffers(sqe, memory_.data(), size, count, group, first_id);
        });
        REQUIRE(next_completion(ring).result >= 0);
    }

    /// What a receive has put into the buffer that it names.
    std::string_view received(const ringlet::detail::completion& cqe) const {
        if ((cqe.flags & IORING_CQE_F_BUFFER) == 0)
            throw std::runtime_error("a receive has used no buffer");
        const unsigned index = (cqe.flags >> IORING_CQE_BUFFER_SHIFT) - first_id;
        return {&memory_.at(std::size_t{index} * size), static_cast<std::size_t>(cqe.result)};
    }

private:
    std::array<char, std::size_t{count} * size> memory_{};
};

void prepare_selecting_recv(ringlet::ring& ring, int fd, bool multishot) {
    prepare_as(ring, receiving, [&](io_uring_sqe* sqe) {
        io_uring_prep_recv(sqe, fd, nullptr, 0, 0);
        sqe->flags |= IOSQE_BUFFER_SELECT;
        sqe->buf_group = group;
        if (multishot)
            sqe->ioprio |= IORING_RECV_MULTISHOT;
    });
}

void send_text(sockets& net, const connected_pair& pair, std::string_view text) {
    REQUIRE(net.send(pair.peer(), text) == static_cast<int>(text.size()));
}

bool goes_on(const ringlet::detail::completion& cqe) {
    return (cqe.flags & IORING_CQE_F_MORE) != 0;
}

}  // namespace

TEST_CASE("a receive chooses the next provided buffer, and takes no more than it holds", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::provided_buffers)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    provided_buffers buffers;
    buffers.provide(*ring);

    prepare_selecting_recv(*ring, pair.fd(), false);
    hand_over(*ring);
    CHECK(ring->completions().ready() == 0);
    send_text(*net, pair, "0123456789abcdefgh");
    const ringlet::detail::completion first = next_completion(*ring);
    CHECK(buffers.received(first) == "0123456789abcdef");
    prepare_selecting_recv(*ring, pair.fd(), false);
    const ringlet::detail::completion second = next_completion(*ring);
    CHECK(buffers.received(second) == "gh");
    CHECK(first.flags >> IORING_CQE_BUFFER_SHIFT != second.flags >> IORING_CQE_BUFFER_SHIFT);
}

TEST_CASE("without a buffer a receive fails at once, data or none", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::provided_buffers)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    for (const bool provided : {false, true}) {
        if (provided) {
            provided_buffers buffers;
            buffers.provide(*ring);
            prepare_as(*ring, providing, [](io_uring_sqe* sqe) {
                io_uring_prep_remove_buffers(sqe, provided_buffers::count + 1, group);
            });
            CHECK(next_completion(*ring).result == static_cast<int>(provided_buffers::count));
        }
        prepare_selecting_recv(*ring, pair.fd(), false);
        const ringlet::detail::completion failed = next_completion(*ring);
        CHECK(failed.result == -ENOBUFS);
        CHECK((failed.flags & IORING_CQE_F_BUFFER) == 0);
    }
}

TEST_CASE("a multishot receive goes on until its buffers are used up", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::provided_buffers)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const connected_pair pair = net->unix_pair();
    provided_buffers buffers;
    buffers.provide(*ring);
    prepare_selecting_recv(*ring, pair.fd(), true);
    hand_over(*ring);
    for (unsigned i = 0; i < provided_buffers::count; ++i) {
        const std::string text = std::to_string(i);
        send_text(*net, pair, text);
        const ringlet::detail::completion cqe = next_completion(*ring);
        REQUIRE(cqe.result == 1);
        CHECK(goes_on(cqe));
        CHECK(buffers.received(cqe) == text);
    }
    send_text(*net, pair, "x");
    const ringlet::detail::completion last = next_completion(*ring);
    CHECK(last.result == -ENOBUFS);
    CHECK_FALSE(goes_on(last));

    buffers.provide(*ring);
    prepare_selecting_recv(*ring, pair.fd(), true);
    CHECK(buffers.received(next_completion(*ring)) == "x");  // nothing was lost
    prepare_as(*ring, providing,
               [](io_uring_sqe* sqe) { io_uring_prep_cancel64(sqe, receiving, 0); });
    int finals = 0;
    for (int i = 0; i < 2; ++i) {
        const ringlet::detail::completion cqe = next_completion(*ring);
        if (cqe.user_data != receiving)
            continue;
        ++finals;
        CHECK(cqe.result == -ECANCELED);
        CHECK_FALSE(goes_on(cqe));
    }
    CHECK(finals == 1);
}

TEST_CASE("the end of the stream ends a multishot receive", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::provided_buffers)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    connected_pair pair = net->unix_pair();
    provided_buffers buffers;
    buffers.provide(*ring);
    prepare_selecting_recv(*ring, pair.fd(), true);
    send_text(*net, pair, "last");
    pair.other = ringlet::socket();
    const ringlet::detail::completion data = next_completion(*ring);
    CHECK(buffers.received(data) == "last");
    CHECK(goes_on(data));
    const ringlet::detail::completion end = next_completion(*ring);
    CHECK(end.result == 0);
    CHECK_FALSE(goes_on(end));
}

}  // namespace tests::ring_conformance_buffers
