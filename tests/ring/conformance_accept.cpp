#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

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

ringlet::socket accepted(sockets& net, const ringlet::detail::completion& cqe) {
    return net.own(cqe.result, "accept");
}

/// The result of an accept that ends at once.
int result_of_accept(ringlet::ring& ring, const ringlet::socket& listener) {
    prepare_multishot_accept(ring, listener, 1);
    const ringlet::detail::completion cqe = next_completion(ring);
    return (cqe.flags & IORING_CQE_F_MORE) == 0 ? cqe.result : 0;
}

bool connect_is_refused(sockets& net, const ringlet::address& address) {
    return net.connect(net.tcp_socket(), address) == -ECONNREFUSED;
}

}  // namespace

TEST_CASE("one multishot accept brings every client, with the listener's TCP_NODELAY", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    ringlet::socket listener = net->tcp_listener();
    listener.set_option(IPPROTO_TCP, TCP_NODELAY, 1);
    prepare_multishot_accept(*ring, listener, 1);
    hand_over(*ring);
    for (int i = 0; i < 3; ++i) {
        const ringlet::socket client = net->tcp_client(listener);
        const ringlet::detail::completion cqe = next_completion(*ring);
        const ringlet::socket connection = accepted(*net, cqe);
        CHECK((cqe.flags & IORING_CQE_F_MORE) != 0);
        CHECK(connection.get_option<int>(IPPROTO_TCP, TCP_NODELAY) != 0);
    }
}

TEST_CASE("a multishot accept ends at EMFILE even when no client waits", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::socket listener = net->tcp_listener();
    const ringlet::socket client = net->tcp_socket();
    net->forbid_descriptors(true);
    CHECK(result_of_accept(*ring, listener) == -EMFILE);
    CHECK(result_of_accept(*ring, listener) == -EMFILE);  // whoever re-arms has to back off
    REQUIRE(net->connect(client, listener.local_address()) == 0);
    CHECK(result_of_accept(*ring, listener) == -EMFILE);
    net->forbid_descriptors(false);
    prepare_multishot_accept(*ring, listener, 2);
    CHECK_NOTHROW(accepted(*net, next_completion(*ring)));  // the backlog has kept the client
}

TEST_CASE("the descriptor limit that counts is that of when the accept was armed", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::socket listener = net->tcp_listener();
    const ringlet::socket client = net->tcp_socket();
    prepare_multishot_accept(*ring, listener, 1);
    hand_over(*ring);
    net->forbid_descriptors(true);
    REQUIRE(net->connect(client, listener.local_address()) == 0);
    const ringlet::detail::completion cqe = next_completion(*ring);
    if (!tested.diverges.limit_counts_at_accept) {
        CHECK_NOTHROW(accepted(*net, cqe));
        return;
    }
    CHECK(cqe.result == -EMFILE);
    CHECK((cqe.flags & IORING_CQE_F_MORE) == 0);
    net->forbid_descriptors(false);
    prepare_multishot_accept(*ring, listener, 2);
    CHECK_NOTHROW(accepted(*net, next_completion(*ring)));
}

TEST_CASE("closing a listener with an accept in flight leaves the port open", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    ringlet::socket listener = net->tcp_listener();
    const ringlet::address address = listener.local_address();
    prepare_multishot_accept(*ring, listener, 1);
    hand_over(*ring);
    listener = ringlet::socket();
    CHECK(connect_is_refused(*net, address) == tested.diverges.closing_ends_the_file);
    if (!tested.diverges.closing_ends_the_file)
        static_cast<void>(accepted(*net, next_completion(*ring)));
    CHECK(nothing_completes(*ring));
    CHECK(cancel(*ring, 1) == cancelled);
    hand_over(*ring);
    CHECK(connect_is_refused(*net, address));
}

TEST_CASE("a peer that has reset already still yields a connection", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::socket listener = net->tcp_listener();
    ringlet::socket client = net->tcp_client(listener);
    reset(client);
    prepare_multishot_accept(*ring, listener, 1);
    const ringlet::socket connection = accepted(*net, next_completion(*ring));
    char byte = 0;
    prepare_as(*ring, 2, [&](io_uring_sqe* sqe) {
        io_uring_prep_recv(sqe, connection.native_handle(), &byte, 1, 0);
    });
    CHECK(next_completion(*ring).result == -ECONNRESET);
}

TEST_CASE("an accept waits for one client, and tells its address", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const bool client_first = GENERATE(false, true);
    const ringlet::socket listener = net->tcp_listener();
    const ringlet::socket client = net->tcp_socket();
    if (client_first)
        REQUIRE(net->connect(client, listener.local_address()) == 0);
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    prepare_as(*ring, 1, [&](io_uring_sqe* sqe) {
        io_uring_prep_accept(sqe, listener.native_handle(), reinterpret_cast<sockaddr*>(&address),
                             &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    });
    if (!client_first) {
        CHECK(nothing_completes(*ring));
        REQUIRE(net->connect(client, listener.local_address()) == 0);
    }
    const ringlet::detail::completion cqe = next_completion(*ring);
    const ringlet::socket connection = accepted(*net, cqe);
    CHECK((cqe.flags & IORING_CQE_F_MORE) == 0);
    CHECK(size == sizeof(address));
    CHECK(address.sin_port == name_of(client).sin_port);
    const ringlet::socket other = net->tcp_client(listener);
    CHECK(nothing_completes(*ring));
}

TEST_CASE("an accepted descriptor has the flags that were asked for", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const bool client_first = GENERATE(false, true);
    const ringlet::socket listener = net->tcp_listener();
    ringlet::socket client;
    if (client_first)
        client = net->tcp_client(listener);
    prepare_as(*ring, 1, [&](io_uring_sqe* sqe) {
        io_uring_prep_accept(sqe, listener.native_handle(), nullptr, nullptr,
                             SOCK_CLOEXEC | SOCK_NONBLOCK);
    });
    if (!client_first) {
        CHECK(nothing_completes(*ring));
        client = net->tcp_client(listener);
    }
    const ringlet::socket connection = accepted(*net, next_completion(*ring));
    CHECK((::fcntl(connection.native_handle(), F_GETFL) & O_NONBLOCK) != 0);
    CHECK((::fcntl(connection.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a multishot accept ends when the completions overflow, and can be armed anew",
          "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    constexpr unsigned room = 4;
    const auto [net, ring] =
        tested.make_with({.submission_entries = room, .completion_entries = room});
    const ringlet::socket listener = net->tcp_listener(32);
    std::vector<ringlet::socket> clients;
    for (unsigned i = 0; i < 3 * room; ++i)
        clients.push_back(net->tcp_client(listener));
    std::size_t accepted_count = 0;
    std::size_t armed_count = 0;
    for (bool armed = false; accepted_count < clients.size();) {
        if (!armed) {
            ++armed_count;
            prepare_multishot_accept(*ring, listener, 1);
            hand_over(*ring);
        }
        const ringlet::detail::completion cqe = next_completion(*ring);
        CHECK(accepted(*net, cqe).is_open());
        ++accepted_count;
        armed = (cqe.flags & IORING_CQE_F_MORE) != 0;
    }
    CHECK(armed_count > 1);
    CHECK(ring->overflows() > 0);
}

TEST_CASE("an accept is cancelled, and leaves the clients to the next one", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::socket listener = net->tcp_listener();
    prepare_multishot_accept(*ring, listener, 1);
    CHECK(nothing_completes(*ring));
    CHECK(cancel(*ring, 1) == cancelled);
    const ringlet::socket client = net->tcp_client(listener);
    CHECK(nothing_completes(*ring));
    prepare_multishot_accept(*ring, listener, 2);
    CHECK_NOTHROW(accepted(*net, next_completion(*ring)));
}

}  // namespace tests::ring_conformance_accept
