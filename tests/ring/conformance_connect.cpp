#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <fcntl.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

namespace tests::ring_conformance_connect {

namespace {

/// An address of any family, which can go away.
class name {
public:
    template <class Address>
    explicit name(const Address& address, socklen_t size = sizeof(Address)) : size_(size) {
        std::memcpy(&storage_, &address, size);
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

ringlet::socket unix_socket() {
    return owned_socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
}

/// A Unix socket that listens under a name of the kernel's choice, for `backlog` + 1 clients.
ringlet::socket unix_listener(int backlog) {
    ringlet::socket listener = unix_socket();
    sockaddr_un any{};
    any.sun_family = AF_UNIX;
    check_socket_call(::bind(listener.native_handle(), reinterpret_cast<const sockaddr*>(&any),
                             sizeof(sa_family_t)),
                      "bind");
    check_socket_call(::listen(listener.native_handle(), backlog), "listen");
    return listener;
}

name unix_name_of(const ringlet::socket& bound) {
    sockaddr_un address{};
    socklen_t size = sizeof(address);
    check_socket_call(
        ::getsockname(bound.native_handle(), reinterpret_cast<sockaddr*>(&address), &size),
        "getsockname");
    return name(address, size);
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
ringlet::socket unlucky_client(ringlet::ring& ring, const ringlet::socket& listener,
                               std::vector<ringlet::socket>& lucky) {
    for (;;) {
        ringlet::socket client = unix_socket();
        {
            const name to = unix_name_of(listener);
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

ringlet::socket accept_one(const ringlet::socket& listener) {
    return owned_socket(::accept4(listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC),
                        "accept");
}

bool is_nonblocking(const ringlet::socket& socket) {
    return (::fcntl(socket.native_handle(), F_GETFL) & O_NONBLOCK) != 0;
}

}  // namespace

TEST_CASE("a connect succeeds, or is refused", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    ringlet::socket listener = tcp_listener();
    const name to(name_of(listener));
    const ringlet::socket client = tcp_socket();
    CHECK(connect_to(*ring, client, to) == 0);
    CHECK(connect_to(*ring, client, to) == -EISCONN);
    CHECK(client.peer_address().port() == listener.local_address().port());

    listener = ringlet::socket();
    CHECK(connect_to(*ring, tcp_socket(), to) == -ECONNREFUSED);
    sockaddr_un nowhere{};
    nowhere.sun_family = AF_UNIX;
    std::strcpy(nowhere.sun_path, "/nowhere/to/be/found");
    CHECK(connect_to(*ring, unix_socket(), name(nowhere)) == -ENOENT);
    CHECK(connect_to(*ring, tcp_socket(), name(nowhere)) == -EAFNOSUPPORT);
}

TEST_CASE("a connect leaves the flags of its descriptor as they were", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    const bool nonblocking = GENERATE(false, true);
    ringlet::socket listener = tcp_listener();
    const name to(name_of(listener));
    for (const bool refused : {false, true}) {
        if (refused)
            listener = ringlet::socket();
        const ringlet::socket client = tcp_socket();
        REQUIRE(::fcntl(client.native_handle(), F_SETFL, nonblocking ? O_NONBLOCK : 0) == 0);
        CHECK(connect_to(*ring, client, to) == (refused ? -ECONNREFUSED : 0));
        CHECK(is_nonblocking(client) == nonblocking);
    }
}

// A listener whose queue is full drops what else comes, so that a connect takes a while.
TEST_CASE("a connect that takes a while is done, or is cancelled", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    const ringlet::socket listener = tcp_listener(0);
    const name to(name_of(listener));
    const ringlet::socket first = tcp_client(listener);
    const ringlet::socket second = tcp_socket();
    prepare_connect(*ring, second, to);
    CHECK(nothing_completes(*ring));
    CHECK(cancel(*ring, 1) == cancelled);
    CHECK_FALSE(is_nonblocking(second));

    const ringlet::socket third = tcp_socket();
    prepare_connect(*ring, third, to);
    CHECK(nothing_completes(*ring));
    static_cast<void>(accept_one(listener));
    CHECK(next_completion(*ring).result == 0);
    CHECK_FALSE(is_nonblocking(third));
}

TEST_CASE("a connect waits for room in the backlog of a Unix socket", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    ringlet::socket listener = unix_listener(1);
    std::vector<ringlet::socket> lucky;
    const ringlet::socket client = unlucky_client(*ring, listener, lucky);
    static_cast<void>(accept_one(listener));
    CHECK(next_completion(*ring).result == 0);
    CHECK_FALSE(is_nonblocking(client));

    const ringlet::socket next = unlucky_client(*ring, listener, lucky);
    listener = ringlet::socket();
    CHECK(next_completion(*ring).result == -ECONNREFUSED);
}

TEST_CASE("a connect that waits for room in a backlog is cancelled", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    const ringlet::socket listener = unix_listener(1);
    std::vector<ringlet::socket> lucky;
    const ringlet::socket client = unlucky_client(*ring, listener, lucky);
    const auto [own, target] = cancel_at_last(*ring, 1);
    // The kernel's ring interrupts it where one of its threads has begun with it.
    CHECK((own == 0 || own == -EALREADY));
    CHECK((target == -ECANCELED || target == -EINTR));
    CHECK_FALSE(is_nonblocking(client));
    CHECK(connect_to(*ring, unix_socket(), name(name_of(tcp_listener()))) == -EINVAL);
}

TEST_CASE("a connect that waits never takes another socket of the same number", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto ring = tested.make();
    const ringlet::socket listener = unix_listener(1);
    std::vector<ringlet::socket> lucky;
    ringlet::socket client = unlucky_client(*ring, listener, lucky);
    const int number = client.native_handle();
    prepare_as(*ring, 2, [&](io_uring_sqe* sqe) { io_uring_prep_close(sqe, client.release()); });
    CHECK(next_completion(*ring).result == 0);
    const ringlet::socket other = unix_socket();
    REQUIRE(other.native_handle() == number);

    while (!lucky.empty()) {
        static_cast<void>(accept_one(listener));
        lucky.pop_back();
    }
    if (tested.diverges.closing_ends_the_file)
        CHECK(cancel(*ring, 1) == cancelled);
    else
        CHECK(next_completion(*ring).result == 0);
    sockaddr_un address{};
    socklen_t size = sizeof(address);
    CHECK(::getpeername(other.native_handle(), reinterpret_cast<sockaddr*>(&address), &size) < 0);
}

}  // namespace tests::ring_conformance_connect
