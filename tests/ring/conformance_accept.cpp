#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"
#include "descriptor_limit.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>

#include <vector>

namespace tests::ring_conformance_accept {

namespace {

void prepare_multishot_accept(ringlet::ring& ring, const ringlet::socket& listener,
                              std::uint64_t user_data) {
    prepare_as(ring, user_data, [&](io_uring_sqe* sqe) {
        io_uring_prep_multishot_accept(sqe, listener.native_handle(), nullptr, nullptr,
                                       SOCK_CLOEXEC);
    });
}

ringlet::socket accepted(const ringlet::detail::completion& cqe) {
    if (cqe.result < 0)
        throw std::system_error(-cqe.result, std::system_category(), "accept");
    return {ringlet::network::system(), cqe.result};
}

/// The result of an accept that ends at once.
int result_of_accept(ringlet::ring& ring, const ringlet::socket& listener) {
    prepare_multishot_accept(ring, listener, 1);
    const ringlet::detail::completion cqe = next_completion(ring);
    return (cqe.flags & IORING_CQE_F_MORE) == 0 ? cqe.result : 0;
}

bool connect_is_refused(const sockaddr_in& address) {
    const ringlet::socket client = tcp_socket();
    try {
        connect(client, address);
        return false;
    } catch (const std::system_error& error) {
        return error.code() == std::errc::connection_refused;
    }
}

}  // namespace

TEST_CASE("one multishot accept brings every client, with the listener's TCP_NODELAY", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    ringlet::socket listener = tcp_listener();
    listener.set_option(IPPROTO_TCP, TCP_NODELAY, 1);
    prepare_multishot_accept(*ring, listener, 1);
    hand_over(*ring);
    for (int i = 0; i < 3; ++i) {
        const ringlet::socket client = tcp_client(listener);
        const ringlet::detail::completion cqe = next_completion(*ring);
        const ringlet::socket connection = accepted(cqe);
        CHECK((cqe.flags & IORING_CQE_F_MORE) != 0);
        CHECK(connection.get_option<int>(IPPROTO_TCP, TCP_NODELAY) != 0);
    }
}

TEST_CASE("a multishot accept ends at EMFILE even when no client waits", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    const ringlet::socket listener = tcp_listener();
    const ringlet::socket client = tcp_socket();
    {
        const descriptor_limit none(0);
        CHECK(result_of_accept(*ring, listener) == -EMFILE);
        CHECK(result_of_accept(*ring, listener) == -EMFILE);  // whoever re-arms has to back off
        connect(client, name_of(listener));
        CHECK(result_of_accept(*ring, listener) == -EMFILE);
    }
    prepare_multishot_accept(*ring, listener, 2);
    CHECK_NOTHROW(accepted(next_completion(*ring)));  // the backlog has kept the client
}

TEST_CASE("the descriptor limit that counts is that of when the accept was armed", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    const ringlet::socket listener = tcp_listener();
    const ringlet::socket client = tcp_socket();
    prepare_multishot_accept(*ring, listener, 1);
    hand_over(*ring);
    {
        const descriptor_limit none(0);
        connect(client, name_of(listener));
        const ringlet::detail::completion cqe = next_completion(*ring);
        if (!tested.diverges.limit_counts_at_accept) {
            CHECK_NOTHROW(accepted(cqe));
            return;
        }
        CHECK(cqe.result == -EMFILE);
        CHECK((cqe.flags & IORING_CQE_F_MORE) == 0);
    }
    prepare_multishot_accept(*ring, listener, 2);
    CHECK_NOTHROW(accepted(next_completion(*ring)));
}

TEST_CASE("closing a listener with an accept in flight leaves the port open", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    ringlet::socket listener = tcp_listener();
    const sockaddr_in address = name_of(listener);
    prepare_multishot_accept(*ring, listener, 1);
    hand_over(*ring);
    listener = ringlet::socket();
    CHECK(connect_is_refused(address) == tested.diverges.closing_ends_the_file);
    if (!tested.diverges.closing_ends_the_file)
        static_cast<void>(accepted(next_completion(*ring)));
    CHECK(nothing_completes(*ring));
    CHECK(cancel(*ring, 1) == cancelled);
    hand_over(*ring);
    CHECK(connect_is_refused(address));
}

TEST_CASE("a peer that has reset already still yields a connection", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    const ringlet::socket listener = tcp_listener();
    ringlet::socket client = tcp_client(listener);
    reset(client);
    prepare_multishot_accept(*ring, listener, 1);
    const ringlet::socket connection = accepted(next_completion(*ring));
    char byte = 0;
    prepare_as(*ring, 2, [&](io_uring_sqe* sqe) {
        io_uring_prep_recv(sqe, connection.native_handle(), &byte, 1, 0);
    });
    CHECK(next_completion(*ring).result == -ECONNRESET);
}

TEST_CASE("an accept waits for one client, and tells its address", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    const bool client_first = GENERATE(false, true);
    const ringlet::socket listener = tcp_listener();
    const ringlet::socket client = tcp_socket();
    if (client_first)
        connect(client, name_of(listener));
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    prepare_as(*ring, 1, [&](io_uring_sqe* sqe) {
        io_uring_prep_accept(sqe, listener.native_handle(), reinterpret_cast<sockaddr*>(&address),
                             &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    });
    if (!client_first) {
        CHECK(nothing_completes(*ring));
        connect(client, name_of(listener));
    }
    const ringlet::detail::completion cqe = next_completion(*ring);
    const ringlet::socket connection = accepted(cqe);
    CHECK((cqe.flags & IORING_CQE_F_MORE) == 0);
    CHECK(size == sizeof(address));
    CHECK(address.sin_port == name_of(client).sin_port);
    CHECK((::fcntl(connection.native_handle(), F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(connection.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
    const ringlet::socket other = tcp_client(listener);
    CHECK(nothing_completes(*ring));
}

TEST_CASE("a multishot accept ends when the completions overflow, and can be armed anew",
          "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    constexpr unsigned room = 4;
    const auto ring = tested.make_with({.submission_entries = room, .completion_entries = room});
    const ringlet::socket listener = tcp_listener(32);
    std::vector<ringlet::socket> clients;
    for (unsigned i = 0; i < 3 * room; ++i)
        clients.push_back(tcp_client(listener));
    std::size_t accepted_count = 0;
    std::size_t armed_count = 0;
    for (bool armed = false; accepted_count < clients.size();) {
        if (!armed) {
            ++armed_count;
            prepare_multishot_accept(*ring, listener, 1);
            hand_over(*ring);
        }
        const ringlet::detail::completion cqe = next_completion(*ring);
        CHECK(accepted(cqe).is_open());
        ++accepted_count;
        armed = (cqe.flags & IORING_CQE_F_MORE) != 0;
    }
    CHECK(armed_count > 1);
    CHECK(ring->overflows() > 0);
}

TEST_CASE("an accept is cancelled, and leaves the clients to the next one", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    const ringlet::socket listener = tcp_listener();
    prepare_multishot_accept(*ring, listener, 1);
    CHECK(nothing_completes(*ring));
    CHECK(cancel(*ring, 1) == cancelled);
    const ringlet::socket client = tcp_client(listener);
    CHECK(nothing_completes(*ring));
    prepare_multishot_accept(*ring, listener, 2);
    CHECK_NOTHROW(accepted(next_completion(*ring)));
}

}  // namespace tests::ring_conformance_accept
