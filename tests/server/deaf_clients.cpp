// Unix datagram clients that send requests and receive no answers.

#include "blocking_client.hpp"
#include "captured_log.hpp"
#include "catch.hpp"
#include "eventually.hpp"
#include "every_server.hpp"
#include "leftovers.hpp"
#include "serving_thread.hpp"

#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>

namespace tests::server_deaf_clients {

using namespace std::chrono_literals;

namespace {

server_kind every_kind_of_unix_datagram() {
    return {transport::unix_datagram, GENERATE(from_range(every_concurrency()))};
}

/// A client that receives only when it is told to. It is not connected, so its queue is bounded.
class deaf_client {
public:
    explicit deaf_client(const ringlet::server& server)
        : server_(server), socket_(AF_UNIX, SOCK_DGRAM) {
        socket_.autobind();
    }

    void ask(std::uint64_t times = 1) {
        for (; times > 0; --times)
            socket_.send_to("deaf", server_.server_address());
    }
    void hear(std::uint64_t times) {
        for (; times > 0; --times)
            REQUIRE(socket_.receive_some() == "deaf");
    }
    [[nodiscard]] bool heard_all() const { return socket_.nothing_to_receive(); }

    /// The number of answers that its queue takes: the kernel looks whether there are more than the
    /// limit before it adds one.
    static std::uint64_t queue_length() {
        std::uint64_t limit = 10;
        std::ifstream("/proc/sys/net/unix/max_dgram_qlen") >> limit;
        return limit + 1;
    }

private:
    const ringlet::server& server_;
    blocking_client socket_;
};

}  // namespace

TEST_CASE("a client that receives no answers holds up no other, and gets its answers when it does",
          "[server]") {
    const server_kind kind = every_kind_of_unix_datagram();
    CAPTURE(kind);
    const leftovers nothing;
    const captured_log quiet;
    {
        ringlet::server_options options;
        options.reply_timeout = 1h;
        const any_server server(kind, echo_back, options);
        serving_thread serving(*server);
        deaf_client deaf(*server);
        asking_client other = server.client();
        const std::uint64_t waiting = options.waiting_replies_per_client_max;
        const std::uint64_t answered = deaf_client::queue_length() + waiting;
        constexpr std::uint64_t dropped = 100;
        for (std::uint64_t i = 0; i < answered + dropped; ++i) {
            deaf.ask();
            if (i % 10 == 0)
                REQUIRE(other.ask("other") == "other");
        }
        CHECK(eventually([&] {
            const auto counters = server->counters();
            return counters.replies_dropped == dropped && counters.active == waiting;
        }));
        REQUIRE(other.ask("last") == "last");

        deaf.hear(answered);
        CHECK(eventually([&] { return server->counters().active == 0; }));
        CHECK(deaf.heard_all());
        deaf.ask();
        deaf.hear(1);
        serving.stop(1h);
        CHECK(server->counters().replies_dropped == dropped);
        CHECK(server->counters().failed.timed_out == dropped);
        CHECK(server->counters().failed.total() == dropped);
    }
}

TEST_CASE("a reply that waits too long is dropped, counted and reported", "[server]") {
    const server_kind kind = every_kind_of_unix_datagram();
    CAPTURE(kind);
    const captured_log quiet;
    ringlet::server_options options;
    options.reply_timeout = 50ms;
    const any_server server(kind, echo_back, options);
    serving_thread serving(*server);
    deaf_client deaf(*server);
    deaf.ask(deaf_client::queue_length() + 1);
    CHECK(eventually([&] { return server->counters().replies_dropped == 1; }));
    serving.stop(1h);
    const auto counters = server->counters();
    CHECK(counters.replies_dropped == 1);
    CHECK(counters.failed.timed_out == 1);
    CHECK(counters.finished == deaf_client::queue_length());
    if (kind.forks())
        return;  // a child has its own copy of the log
    const auto logged = [&](const char* words) {
        return quiet.text().find(words) != std::string::npos;
    };
    CHECK(logged("a reply found no room and was dropped level=warning client="));
    CHECK_FALSE(logged("a handler failed"));
}

TEST_CASE("replies that wait do not hold up a shutdown", "[server]") {
    const server_kind kind = every_kind_of_unix_datagram();
    const bool forced = GENERATE(true, false);
    CAPTURE(kind, forced);
    const leftovers nothing;
    const captured_log quiet;
    {
        ringlet::server_options options;
        options.reply_timeout = forced ? 1h : std::chrono::milliseconds(50);
        const any_server server(kind, echo_back, options);
        serving_thread serving(*server);
        deaf_client deaf(*server);
        constexpr std::uint64_t waiting = 5;
        deaf.ask(deaf_client::queue_length() + waiting);
        CHECK(eventually([&] {
            const auto counters = server->counters();
            return counters.finished == deaf_client::queue_length() &&
                   counters.active + counters.failed.total() == waiting;
        }));
        serving.stop(forced ? std::chrono::nanoseconds(10ms) : 1h);
        CHECK(server->counters().failed.cancelled == (forced ? waiting : 0));
        CHECK(server->counters().failed.total() == waiting);
    }
}

TEST_CASE("a client that fills the server's send buffer ends nothing but replies, until it goes",
          "[server]") {
    const server_kind kind = every_kind_of_unix_datagram();
    CAPTURE(kind);
    const captured_log quiet;
    ringlet::server_options options;
    options.reply_timeout = 10ms;
    options.datagrams.send_buffer_size = 1;  // the least that there is
    const any_server server(kind, echo_back, options);
    serving_thread serving(*server);
    if (kind.in == ringlet::concurrency::forks)  // later children would keep what is opened here
        REQUIRE(eventually([&] { return server->counters().children_started == 2; }));
    const auto all_ended = [&](std::uint64_t requests) {
        return eventually([&] {
            const auto counters = server->counters();
            return counters.finished + counters.failed.total() == requests;
        });
    };
    asking_client other = server.client();
    {
        asking_client connected = server.client();
        std::uint64_t asked = 0;
        for (; server->counters().replies_dropped == 0; ++asked)
            connected.say("deaf");
        REQUIRE(all_ended(asked));
        const std::uint64_t dropped = server->counters().replies_dropped;
        other.say("lost");
        CHECK(all_ended(asked + 1));
        CHECK(server->counters().replies_dropped == dropped + 1);
    }
    if (kind.in == ringlet::concurrency::fork_per_request)  // their copies of that client go too
        CHECK(eventually([] { return !has_children(); }));
    CHECK(other.ask("found") == "found");
    serving.stop(1h);
}

}  // namespace tests::server_deaf_clients
