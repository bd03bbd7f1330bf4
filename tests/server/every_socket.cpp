// The sockets of servers of every kind: those that they make, and those that they are given.

#include "catch.hpp"
#include "every_server.hpp"
#include "leftovers.hpp"
#include "serving_thread.hpp"

#include <fcntl.h>

#include <filesystem>

namespace tests::server_every_socket {

namespace {

/// What a process inherits of a server that another one has.
ringlet::bound_socket inherited_from(const ringlet::server& other) {
    return ringlet::socket(ringlet::network::system(), ::fcntl(other.fileno(), F_DUPFD_CLOEXEC, 0));
}

/// A server that takes a socket, or else binds to `otherwise`, or to a place where nobody is.
std::unique_ptr<ringlet::server> make_named(server_kind kind, ringlet::named_socket given,
                                            const ringlet::address& otherwise) {
    ringlet::server_options options;
    options.concurrency = kind.in;
    options.workers = 2;
    const free_place unused(kind.over);
    const ringlet::address& place = otherwise.family() == AF_UNSPEC ? unused.address() : otherwise;
    switch (kind.over) {
    case transport::tcp:
        return std::make_unique<ringlet::tcp_server>(std::move(given), place, echo_back, options);
    case transport::udp:
        return std::make_unique<ringlet::udp_server>(std::move(given), place, echo_back, options);
    case transport::unix_stream:
        return std::make_unique<ringlet::unix_stream_server>(std::move(given), place, echo_back,
                                                             options);
    default:
        return std::make_unique<ringlet::unix_datagram_server>(std::move(given), place, echo_back,
                                                               options);
    }
}

}  // namespace

TEST_CASE("a server of any kind that is given a socket leaves it as it was", "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind()));
    CAPTURE(kind);
    const leftovers nothing;
    {
        const any_server original(kind, echo_back);
        for (int i = 0; i < 2; ++i) {
            const auto heir = make_server(kind, inherited_from(*original), echo_back);
            CHECK(heir->server_address() == original->server_address());
            serving_thread serving(*heir);
            CHECK(original.ask("heir") == "heir");
            heir->shutdown();
            serving.join();
            CHECK(heir->counters().finished == 1);
        }
        const std::string path = original->server_address().path();
        CHECK((path.empty() || std::filesystem::is_socket(path)));
        const serving_thread serving(*original);
        CHECK(original.ask("original") == "original");
    }
    nothing.check();
}

TEST_CASE("a server of any kind takes a socket by its name, or makes one", "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind()));
    CAPTURE(kind);
    const any_server original(kind, echo_back);
    const free_place elsewhere(kind.over);
    const auto heir = make_named(kind, {"web", inherited_from(*original)}, elsewhere.address());
    CHECK(heir->options().name == "web");
    CHECK(heir->server_address() == original->server_address());
    CHECK_FALSE(heir->owns_listening());
    const auto own = make_named(kind, {"web", {}}, elsewhere.address());
    CHECK(own->options().name == "web");
    CHECK(own->server_address() != original->server_address());
    CHECK(own->owns_listening());
    const serving_thread serving(*own);
    CHECK(asking_client(kind.over, own->server_address()).ask("x") == "x");
}

TEST_CASE("a server of any kind gives its socket up to a successor, which ends it", "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind()));
    CAPTURE(kind);
    const leftovers nothing;
    {
        const any_server original(kind, echo_back);
        const ringlet::address local = original->server_address();
        const auto heir = make_named(
            kind, {"web", ringlet::bound_socket::succeed(inherited_from(*original).release())}, {});
        serving_thread serving_original(*original);
        // Until it serves, a shutdown would only end its next serving.
        CHECK(original.ask("original") == "original");
        serving_thread serving_heir(*heir);
        original->share_listening(true);
        CHECK_FALSE(original->owns_listening());
        original->shutdown();
        serving_original.join();
        CHECK(asking_client(kind.over, local).ask("heir") == "heir");
        CHECK((local.path().empty() || std::filesystem::is_socket(local.path())));

        heir->share_listening(false);
        CHECK(heir->owns_listening());
        heir->shutdown();
        serving_heir.join();
        CHECK_FALSE(std::filesystem::exists(local.path()));
        const int type = has_streams(kind.over) ? SOCK_STREAM : SOCK_DGRAM;
        const ringlet::bound_socket next =
            ringlet::bound_socket::open(ringlet::network::system(), local, type);
        CHECK(next.is_open());
    }
    nothing.check();
}

TEST_CASE("no server is given a socket of another transport", "[server]") {
    const transport wanted = GENERATE(from_range(every_transport()));
    for (const transport found : every_transport()) {
        const server_kind kind{wanted, ringlet::concurrency::loop};
        const any_server other({found, ringlet::concurrency::loop}, echo_back);
        CAPTURE(kind, static_cast<int>(found));
        const auto adopt = [&] { make_server(kind, inherited_from(*other), echo_back); };
        if (wanted == found)
            CHECK_NOTHROW(adopt());
        else
            CHECK_THROWS(adopt());  // std::invalid_argument, or std::system_error, as it is
        CHECK(::fcntl(other->fileno(), F_GETFD) >= 0);
    }
}

TEST_CASE("the path of a server of any kind is there while it serves", "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind()));
    if (kind.over == transport::tcp || kind.over == transport::udp)
        return;
    CAPTURE(kind);
    const any_server server(kind, echo_back);
    const std::string path = server->server_address().path();
    for (int period = 0; period < 2; ++period) {
        serving_thread serving(*server);
        for (int i = 0; i < 3; ++i) {
            CHECK(server.ask("x") == "x");
            CHECK(std::filesystem::is_socket(path));  // no child's end has taken it away
        }
        server->shutdown();
        serving.join();
        CHECK_FALSE(std::filesystem::exists(path));
    }
    const serving_thread serving(*server);
    CHECK(std::filesystem::is_socket(path));
}

}  // namespace tests::server_every_socket
