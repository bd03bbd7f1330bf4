// What every kind of server does when a handler fails, a client is refused, an address is taken.

#include "base/detail/shared_memory.hpp"
#include "catch.hpp"
#include "eventually.hpp"
#include "every_server.hpp"
#include "leftovers.hpp"
#include "serving_thread.hpp"

#include <atomic>
#include <concepts>
#include <stdexcept>
#include <type_traits>

namespace tests::server_every_hook {

namespace {

constexpr auto until_the_end = std::chrono::hours(1);

/// What hooks, wherever they are called, and the test tell each other.
struct shared_state {
    std::atomic<int> errors{0};
    std::atomic<bool> refusing{false};
};

shared_state& shared() {
    static const ringlet::detail::shared_memory<shared_state> memory(1);
    return memory[0];
}

template <class Server>
struct counts_errors : Server {
    using Server::Server;
    void handle_error(std::exception_ptr exception, const ringlet::address&) override {
        try {
            std::rethrow_exception(exception);
        } catch (const std::runtime_error& error) {
            shared().errors += error.what() == std::string("sorry") ? 1 : 100;
        }
    }
};

template <class Server>
struct choosy : Server {
    using Server::Server;
    bool verify_request(const ringlet::datagram& /*request*/,
                        const ringlet::address& /*client*/) override {
        return !shared().refusing;
    }
};

template <std::derived_from<ringlet::stream_server> Server>
struct choosy<Server> : Server {
    using Server::Server;
    ringlet::task<bool> verify_request(ringlet::stream& /*request*/,
                                       const ringlet::address& /*client*/) override {
        co_return !shared().refusing;
    }
};

}  // namespace

TEST_CASE("what a handler of any kind of server throws goes to handle_error", "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind()));
    CAPTURE(kind);
    shared().errors = 0;
    const any_server<counts_errors> server(kind, [](auto& client) -> ringlet::task<> {
        const std::string heard = co_await hear(client);
        if (heard == "fail")
            throw std::runtime_error("sorry");
        co_await say(client, heard);
    });
    serving_thread serving(*server);
    asking_client failing = server.client();
    failing.say("fail");
    if (has_streams(kind.over))
        CHECK(failing.hear().empty());
    CHECK(server.ask("and on") == "and on");
    server->shutdown(until_the_end);
    serving.join();
    CHECK(shared().errors == 1);
    CHECK(server->counters().failed.other == 1);
    CHECK(server->counters().failed.total() == 1);
    CHECK(server->counters().finished == 1);
    CHECK(server->counters().children_lost == 0);
}

TEST_CASE("a client that any kind of server refuses is not handled", "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind()));
    CAPTURE(kind);
    const leftovers nothing;
    {
        const any_server<choosy> server(kind, echo_back);
        serving_thread serving(*server);
        shared().refusing = true;
        asking_client refused = server.client();
        refused.say("nobody listens");
        if (has_streams(kind.over))
            CHECK(refused.hear().empty());  // since its connection is shut down
        CHECK(eventually([&] { return server->counters().refused == 1; }));
        shared().refusing = false;
        CHECK(server.ask("welcome") == "welcome");
        server->shutdown(until_the_end);
        serving.join();
        CHECK(server->counters().accepted == 2);
        CHECK(server->counters().finished == 1);
        if (!has_streams(kind.over))
            CHECK(refused.socket().nothing_to_receive());
    }
    nothing.check();
}

TEST_CASE("a thousand servers of any transport that cannot bind leave nothing behind", "[server]") {
    const server_kind kind{GENERATE(from_range(every_transport())), ringlet::concurrency::loop};
    CAPTURE(kind);
    const any_server holder(kind, echo_back);
    const leftovers nothing;
    int refused = 0;
    constexpr int attempts = 1024;
    for (int i = 0; i < attempts; ++i) {
        try {
            make_server(kind, holder->server_address(), echo_back);
        } catch (const std::system_error& error) {
            refused += error.code() == std::errc::address_in_use ? 1 : 0;
        }
    }
    CHECK(refused == attempts);
    nothing.check();
    const serving_thread serving(*holder);
    CHECK(holder.ask("still here") == "still here");
}

}  // namespace tests::server_every_hook
