#include "blocking_client.hpp"
#include "byte_pattern.hpp"
#include "captured_log.hpp"
#include "catch.hpp"
#include "eventually.hpp"
#include "receive.hpp"
#include "run_coroutine.hpp"
#include "server/every_server.hpp"
#include "serving_thread.hpp"
#include "tls/engine_pair.hpp"

#include <ringlet/net/connect.hpp>
#include <ringlet/tls/handshake.hpp>
#include <ringlet/tls/session.hpp>
#include <ringlet/tls/upgrade.hpp>

#include <array>
#include <chrono>
#include <string>

namespace tests::tls_servers {

using ringlet::stream;
using ringlet::task;
using ringlet::tls::client_context;
using ringlet::tls::server_context;
using namespace std::chrono_literals;

namespace {

ringlet::server_options with_tls(const server_context& context) {
    ringlet::server_options options;
    options.establish.emplace_back(ringlet::tls::handshake(context));
    return options;
}

/// What `server` answers a client that speaks TLS, and whether it took up an earlier session.
std::string ask(const ringlet::address& server, const client_context& context,
                const std::string& text) {
    return run_coroutine([&]() -> task<std::string> {
        stream connected =
            co_await ringlet::tls::upgrade(co_await ringlet::connect(server), context, "localhost");
        co_await connected.send_all(text);
        co_await connected.end_sending();
        std::string answer = co_await receive(connected, 1000);
        if (ringlet::tls::session_of(connected)->resumed)
            answer += ", again";
        co_await connected.close();
        co_return answer;
    });
}

}  // namespace

TEST_CASE("every stream server speaks TLS, and its handler knows nothing of it", "[tls]") {
    const server_kind kind = GENERATE(from_range(every_kind_of_stream()));
    CAPTURE(kind);
    const captured_log log;
    const server_context context(server_options());
    const client_context client(client_options());
    any_server server(kind, echo_back, with_tls(context));
    serving_thread serving(*server);
    CHECK(ask(server->server_address(), client, "hello") == "hello");
    CHECK(ask(server->server_address(), client, "hello") == "hello, again");

    // Plain HTTP: counted, and told in a line, but no error of the server's.
    auto plain = server.client();
    plain.socket().send("GET / HTTP/1.1\r\n\r\n");
    CHECK(plain.hear().empty());

    // A client that says nothing delays nobody.
    auto silent = server.client();
    CHECK(ask(server->server_address(), client, "next") == "next, again");

    serving.stop(0s);
    CHECK(context.counters().handshakes == 3);
    CHECK(context.counters().resumed == 2);
    CHECK(context.counters().failed.not_tls == 1);
    CHECK(context.counters().in_progress == 0);
    CHECK(server->counters().established == 3);
    CHECK(server->counters().finished == 3);
    CHECK(server->counters().failed.total() == 0);
    if (!kind.forks())  // where a child has told it
        CHECK(log.text().find("the client speaks plain HTTP; it must use https://") !=
              std::string::npos);
}

TEST_CASE("clients that dawdle in the handshake are so many at most, and delay nobody", "[tls]") {
    const captured_log log;
    const server_context context(server_options());
    const client_context client(client_options());
    ringlet::server_options options = with_tls(context);
    options.establishing_max = 2;
    ringlet::tcp_server server(ringlet::address("127.0.0.1", 0), echo_back, options);
    const serving_thread serving(server);
    const auto handshakes_under_way = [&](std::uint64_t count) {
        return eventually([&] { return context.counters().in_progress == count; });
    };
    const blocking_client silent(server.server_address());
    CHECK(handshakes_under_way(1));
    CHECK(ask(server.server_address(), client, "hello") == "hello");
    CHECK(handshakes_under_way(1));
    {
        blocking_client half(server.server_address());
        half.send("\x16\x03\x01\x02");  // the beginning of a ClientHello
        CHECK(handshakes_under_way(2));
        blocking_client too_many(server.server_address());
        CHECK(too_many.receive_all().empty());
        CHECK(server.counters().refused == 1);
    }
    CHECK(handshakes_under_way(1));
    CHECK(ask(server.server_address(), client, "again") == "again, again");
    CHECK(context.counters().handshakes == 2);
    CHECK(context.counters().failed.gone == 1);
}

TEST_CASE("what a client sends unread destroys no reply on its way, nor its end", "[tls]") {
    const server_context context(server_options());
    const auto refuse = [](stream& client) -> task<> {
        std::array<char, 10> first;
        co_await client.recv(first);
        co_await client.send_all("413 too large");
    };
    ringlet::tcp_server server(ringlet::address("127.0.0.1", 0), refuse, with_tls(context));
    const serving_thread serving(server);
    for (int i = 0; i < 10; ++i) {
        const std::string answer = run_coroutine([&]() -> task<std::string> {
            stream connected =
                co_await ringlet::tls::upgrade(co_await ringlet::connect(server.server_address()),
                                               client_context(client_options()), "localhost");
            std::error_code error;
            co_await connected.send_all(byte_pattern(200'000), error);
            std::string received = co_await receive(connected, 1000);
            co_await connected.close();
            co_return received;
        });
        CHECK(answer == "413 too large");
    }
}

}  // namespace tests::tls_servers
