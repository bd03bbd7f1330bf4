#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <fcntl.h>

#include <cstring>
#include <vector>

namespace tests::ring_conformance_connect {

namespace {

/// An address of any family, which can go away.
class name {
public:
    explicit name(const ringlet::address& address) : size_(address.size()) {
        std::memcpy(&storage_, address.data(), size_);
    }
    name(const name&) = delete;
    name& operator=(const name&) = delete;
    ~name() { std::memset(&storage_, 0xee, sizeof(storage_)); }

    [[nodiscard]] const sockaddr* data() const noexcept {
        return reinterpret_cast<const sockaddr*>(&storage_);
    }
    [[nodiscard]] socklen_t size() const noexcept { return size_; }

private:
    sockaddr_storage storage_{};
    socklen_t size_;
};

/// A Unix socket that listens under a name of the kernel's choice, for `backlog` + 1 clients.
ringlet::socket unix_listener(sockets& net, int backlog) {
    ringlet::socket listener = net.named_unix_socket();
    listener.listen(backlog);
    return listener;
}

void prepare_connect(ringlet::ring& ring, const ringlet::socket& client, const name& to) {
    prepare_as(ring, 1, [&](io_uring_sqe* sqe) {
        io_uring_prep_connect(sqe, client.native_handle(), to.data(), to.size());
    });
}

int connect_to(ringlet::ring& ring, const ringlet::socket& client, const name& to) {
    prepare_connect(ring, client, to);
    return next_completion(ring).result;
}

/// A client for whom there is no room, who waits to be connected.
ringlet::socket unlucky_client(sockets& net, ringlet::ring& ring, const ringlet::socket& listener,
                               std::vector<ringlet::socket>& lucky) {
    for (;;) {
        ringlet::socket client = net.unix_socket();
        {
            const name to(listener.local_address());
            prepare_connect(ring, client, to);
            hand_over(ring);
        }  // the name may go once it is handed over
        if (nothing_completes(ring))
            return client;
        if (ring.completions().pop().result != 0)
            throw std::runtime_error("cannot connect");
        lucky.push_back(std::move(client));
    }
}

/// Accepts a client, and closes the connection.
void accept_one(sockets& net, const ringlet::socket& listener) {
    static_cast<void>(net.own(net.accept(listener), "accept"));
}

}  // namespace

TEST_CASE("a connect succeeds, or is refused", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    ringlet::socket listener = net->tcp_listener();
    const name to(listener.local_address());
    const ringlet::socket client = net->tcp_socket();
    CHECK(connect_to(*ring, client, to) == 0);
    CHECK(connect_to(*ring, client, to) == -EISCONN);
    CHECK(client.peer_address().port() == listener.local_address().port());

    listener = ringlet::socket();
    CHECK(connect_to(*ring, net->tcp_socket(), to) == -ECONNREFUSED);
    const name nowhere(ringlet::address::unix_path("/nowhere/to/be/found"));
    CHECK(connect_to(*ring, net->unix_socket(), nowhere) == -ENOENT);
    CHECK(connect_to(*ring, net->tcp_socket(), nowhere) == -EAFNOSUPPORT);
}

TEST_CASE("a connect leaves the flags of its descriptor as they were", "[ring]") {
    const auto tested = GENERATE(from_range(rings_with(&abilities::system_descriptors)));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const bool nonblocking = GENERATE(false, true);
    ringlet::socket listener = net->tcp_listener();
    const name to(listener.local_address());
    for (const bool refused : {false, true}) {
        if (refused)
            listener = ringlet::socket();
        const ringlet::socket client = net->tcp_socket();
        REQUIRE(::fcntl(client.native_handle(), F_SETFL, nonblocking ? O_NONBLOCK : 0) == 0);
        CHECK(connect_to(*ring, client, to) == (refused ? -ECONNREFUSED : 0));
        CHECK(net->is_nonblocking(client) == nonblocking);
    }
}

// A listener whose queue is full drops what else comes, so that a connect takes a while.
TEST_CASE("a connect that takes a while is done, or is cancelled", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::socket listener = net->tcp_listener(0);
    const name to(listener.local_address());
    const ringlet::socket first = net->tcp_client(listener);
    {
        const ringlet::socket second = net->tcp_socket();
        prepare_connect(*ring, second, to);
        CHECK(nothing_completes(*ring));
        CHECK(cancel(*ring, 1) == cancelled);
        CHECK_FALSE(net->is_nonblocking(second));
    }  // as long as it lives it tries to connect, and may take the next one's place

    const ringlet::socket third = net->tcp_socket();
    prepare_connect(*ring, third, to);
    CHECK(nothing_completes(*ring));
    accept_one(*net, listener);
    CHECK(next_completion(*ring).result == 0);
    CHECK_FALSE(net->is_nonblocking(third));
}

TEST_CASE("a connect waits for room in the backlog of a Unix socket", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    ringlet::socket listener = unix_listener(*net, 1);
    std::vector<ringlet::socket> lucky;
    const ringlet::socket client = unlucky_client(*net, *ring, listener, lucky);
    accept_one(*net, listener);
    CHECK(next_completion(*ring).result == 0);
    CHECK_FALSE(net->is_nonblocking(client));

    const ringlet::socket next = unlucky_client(*net, *ring, listener, lucky);
    listener = ringlet::socket();
    CHECK(next_completion(*ring).result == -ECONNREFUSED);
}

TEST_CASE("a connect that waits for room in a backlog is cancelled", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::socket listener = unix_listener(*net, 1);
    std::vector<ringlet::socket> lucky;
    const ringlet::socket client = unlucky_client(*net, *ring, listener, lucky);
    const auto [own, target] = cancel_at_last(*ring, 1);
    // The kernel's ring interrupts it where one of its threads has begun with it.
    CHECK((own == 0 || own == -EALREADY));
    CHECK((target == -ECANCELED || target == -EINTR));
    CHECK_FALSE(net->is_nonblocking(client));
    const name of_another_family(net->tcp_listener().local_address());
    CHECK(connect_to(*ring, net->unix_socket(), of_another_family) == -EINVAL);
}

TEST_CASE("a connect that waits never takes another socket of the same number", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::socket listener = unix_listener(*net, 1);
    std::vector<ringlet::socket> lucky;
    ringlet::socket client = unlucky_client(*net, *ring, listener, lucky);
    const int number = client.native_handle();
    prepare_as(*ring, 2, [&](io_uring_sqe* sqe) { io_uring_prep_close(sqe, client.release()); });
    CHECK(next_completion(*ring).result == 0);
    const ringlet::socket other = net->unix_socket();
    REQUIRE(other.native_handle() == number);

    while (!lucky.empty()) {
        accept_one(*net, listener);
        lucky.pop_back();
    }
    if (tested.diverges.closing_ends_the_file)
        CHECK(cancel(*ring, 1) == cancelled);
    else
        CHECK(next_completion(*ring).result == 0);
    CHECK_THROWS_AS(other.peer_address(), std::system_error);
}

}  // namespace tests::ring_conformance_connect
