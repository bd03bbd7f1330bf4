// The limits of every kind of server: who finds no room waits, and is served in the end.

#include "captured_log.hpp"
#include "catch.hpp"
#include "eventually.hpp"
#include "every_server.hpp"
#include "leftovers.hpp"
#include "serving_thread.hpp"

#include <ringlet/coro/event.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>

namespace tests::server_every_limit {

using namespace std::chrono_literals;

namespace {

/// Two at a time, in whatever way that is said.
ringlet::server_options two_at_a_time(ringlet::concurrency in) {
    ringlet::server_options options;
    if (in == ringlet::concurrency::thread_per_request)
        options.max_threads = 2;
    else if (in == ringlet::concurrency::fork_per_request)
        options.max_children = 2;
    else
        options.max_connections = 2;
    options.listening.accepted_ahead_max = 0;
    return options;
}

/// Waits for an event that is never set if the request says so, and answers otherwise.
constexpr auto wait_if_told = [](auto& client) -> ringlet::task<> {
    std::string heard = co_await hear(client);
    if (heard == "wait") {
        ringlet::event never;
        co_await never.wait();
    }
    co_await say(client, heard);
};

/// Blocks, so that it cannot be cancelled, if the request says so, and answers otherwise.
constexpr auto block_if_told = [](auto& client) -> ringlet::task<> {
    std::string heard = co_await hear(client);
    while (heard == "wait")
        ::pause();
    co_await say(client, heard);
};

/// A server of streams that notices late that it is to take no more.
template <class Server>
struct late_to_stop : Server {
    using Server::Server;

protected:
    ringlet::task<ringlet::stream> get_request(ringlet::listener& accepting) override {
        try {
            co_return co_await accepting.accept();
        } catch (const std::system_error&) {
            late_ = std::current_exception();
        }
        const ringlet::shield shield_guard(ringlet::loop::require_current("get_request"));
        co_await ringlet::sleep_for(10ms);
        std::rethrow_exception(late_);
    }

private:
    std::exception_ptr late_;
};

}  // namespace

TEST_CASE("a stream beyond the limit waits, and is served when another ends", "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind_of_stream()));
    CAPTURE(kind);
    const leftovers nothing;
    {
        const any_server server(kind, echo_at_once, two_at_a_time(kind.in));
        serving_thread serving(*server);
        // A pool of processes has a share for each; whose is whose turn is not for us to say.
        std::vector<asking_client> served;
        for (int i = 0; i < 2; ++i)
            CHECK(served.emplace_back(server.client()).socket().exchange("x") == "x");
        asking_client third = server.client();
        third.socket().send("third");
        for (int i = 0; i < 20; ++i)
            CHECK(served[0].socket().exchange("x") == "x");
        CHECK(third.socket().nothing_to_receive());
        CHECK(server->counters().active == 2);
        served.back().socket().shutdown_sending();  // children may have copies of it
        CHECK(third.socket().receive(5) == "third");
        CHECK(server->counters().accept_pauses > 0);

        asking_client fourth = server.client();
        server->shutdown(0s);
        serving.join();
        CHECK(third.hear().empty());
        CHECK(fourth.hear().empty());  // it is not left waiting for a server that has stopped
        const serving_thread again(*server);
        CHECK(server.ask("x") == "x");
    }
    nothing.check();
}

TEST_CASE("a shutdown ends streams that were accepted beyond the limit too", "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind_of_stream()));
    CAPTURE(kind);
    const leftovers nothing;
    {
        ringlet::server_options options = two_at_a_time(kind.in);
        options.listening.accepted_ahead_max = 64;
        const any_server server(kind, echo_at_once, options);
        std::vector<asking_client> idle;
        for (int i = 0; i < 10; ++i)
            idle.push_back(server.client());
        serving_thread serving(*server);
        CHECK(eventually([&] { return server->counters().active == 2; }));
        server->shutdown(0s);
        serving.join();
        CHECK(server->counters().active == 0);
    }
    nothing.check();
}

TEST_CASE("streams that are taken when all has been cancelled already end too", "[server]") {
    const ringlet::concurrency in = GENERATE(from_range(every_concurrency()));
    CAPTURE(server_kind{transport::tcp, in});
    ringlet::server_options options;
    options.concurrency = in;
    options.workers = 1;
    const leftovers nothing;
    {
        late_to_stop<ringlet::tcp_server> server({"127.0.0.1", 0}, echo_at_once, options);
        serving_thread serving(server);
        blocking_client served(server.server_address());
        CHECK(served.exchange("x") == "x");
        server.shutdown(0s);
        try {
            const blocking_client late(server.server_address());
        } catch (const std::system_error& error) {  // another process of the pool was in time
            CHECK(error.code() == std::errc::connection_refused);
        }
        serving.join();
        CHECK(server.counters().active == 0);
    }
    nothing.check();
}

TEST_CASE("a shutdown with datagrams beyond the limit ends those too", "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind_of_datagram()));
    CAPTURE(kind);
    const leftovers nothing;
    {
        const any_server server(kind, wait_if_told, two_at_a_time(kind.in));
        asking_client patient = server.client();
        asking_client other = server.client();
        constexpr int others = 8;
        patient.say("wait");
        patient.say("wait");
        for (int i = 0; i < others; ++i)
            other.say(std::to_string(i));
        {
            serving_thread serving(*server);
            CHECK(eventually([&] { return server->counters().active == 2; }));
            server->shutdown(0s);
            serving.join();
        }
        CHECK(server->counters().active == 0);
    }
    nothing.check();
}

TEST_CASE("children that block at the limit keep no shutdown from ending", "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind()));
    if (!kind.forks())
        return;
    CAPTURE(kind);
    const captured_log log;  // which is told of each
    const leftovers nothing;
    {
        ringlet::server_options options = two_at_a_time(kind.in);
        options.kill_timeout = 20ms;
        const any_server server(kind, block_if_told, options);
        serving_thread serving(*server);
        std::vector<asking_client> blocked;
        for (int i = 0; i < 2; ++i) {
            blocked.push_back(server.client());
            blocked.back().say("wait");
        }
        CHECK(eventually([&] { return server->counters().active == 2; }));
        asking_client waiting = server.client();
        waiting.say("x");
        server->shutdown(0s);
        serving.join();
        CHECK(server->counters().children_lost == 2);
        CHECK(server->counters().failed.child_lost == 2);
        CHECK(server->counters().active == 0);
    }
    nothing.check();
}

}  // namespace tests::server_every_limit
