#include "blocking_client.hpp"
#include "catch.hpp"
#include "echo.hpp"
#include "milestone.hpp"
#include "recording_server.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/any_handler.hpp>
#include <ringlet/server/request_handler.hpp>

#include <memory>
#include <optional>
#include <stdexcept>

namespace tests::server_any_handler {

namespace {

ringlet::task<> tell_port(ringlet::stream& client, ringlet::server& owner) {
    co_await client.send_all(std::to_string(owner.server_address().port()));
}

ringlet::task<> tell_client(ringlet::stream& client, const ringlet::address& from) {
    std::array<char, 1> any;
    co_await client.recv(any);  // the coroutine goes on in a later turn of the loop
    co_await client.send_all(from.to_string());
}

ringlet::task<> tell_both(ringlet::stream& client, const ringlet::address& from,
                          recording_server& owner) {
    co_await client.send_all(from.to_string() + " at " + owner.server_address().to_string());
}

std::string answer_of(ringlet::any_handler<ringlet::stream> handler) {
    recording_server server(std::move(handler));
    const serving_thread serving(server);
    return blocking_client(server.server_address()).receive_all();
}

}  // namespace

TEST_CASE("a coroutine function handles connections", "[server]") {
    recording_server server(echo);
    const serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).exchange("hello") == "hello");
}

TEST_CASE("a coroutine function may ask for its server too", "[server]") {
    recording_server server(tell_port);
    const serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).receive_all() ==
          std::to_string(server.server_address().port()));
}

TEST_CASE("a coroutine function may ask for its client's address, and for both", "[server]") {
    {
        recording_server server(tell_client);
        const serving_thread serving(server);
        blocking_client client(server.server_address());
        client.send("?");
        CHECK(client.receive_all() == client.local_address().to_string());
    }
    recording_server server(tell_both);
    const serving_thread serving(server);
    blocking_client client(server.server_address());
    CHECK(client.receive_all() ==
          client.local_address().to_string() + " at " + server.server_address().to_string());
}

TEST_CASE("a lambda with captures handles connections after it has gone out of scope", "[server]") {
    std::optional<recording_server> server;
    {
        // Too long for the string to lie inside the closure.
        const std::string greeting = "a greeting that is kept on the heap, where ASan sees it";
        auto greet = [greeting](ringlet::stream& client) -> ringlet::task<> {
            std::array<char, 1> any;
            co_await client.recv(any);  // the coroutine goes on in a later turn of the loop
            co_await client.send_all(greeting);
        };
        server.emplace(std::move(greet));
    }
    const serving_thread serving(*server);
    for (int i = 0; i < 3; ++i) {
        blocking_client client(server->server_address());
        client.send("?");
        client.shutdown_sending();
        CHECK(client.receive_all() == "a greeting that is kept on the heap, where ASan sees it");
    }
}

TEST_CASE("a handler that can only be moved, and keeps a state, is fine", "[server]") {
    recording_server server(
        [count = std::make_unique<int>(0)](ringlet::stream& client) mutable -> ringlet::task<> {
            co_await client.send_all(std::to_string(++*count));
        });
    const serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).receive_all() == "1");
    CHECK(blocking_client(server.server_address()).receive_all() == "2");
}

TEST_CASE("a handler that is no coroutine may throw too", "[server]") {
    recording_server server([](ringlet::stream& /*client*/) -> ringlet::task<> {
        throw std::runtime_error("before any coroutine began");
    });
    {
        serving_thread serving(server);
        CHECK(blocking_client(server.server_address()).receive_all().empty());
        server.shutdown();
        serving.join();
    }
    REQUIRE(server.errors.size() == 1);
    CHECK(server.errors[0].text == "before any coroutine began");
}

TEST_CASE("either form of handler converts, so that a function can pass it on", "[server]") {
    struct brief : ringlet::base_request_handler {
        ringlet::task<> handle() override { co_await request().send_all("class"); }
    };
    CHECK(answer_of(ringlet::handler<brief>) == "class");
    CHECK(answer_of([](ringlet::stream& client) -> ringlet::task<> {
              co_await client.send_all("function");
          }) == "function");
}

TEST_CASE("a handler's object lives as long as its server, and no longer", "[server]") {
    const auto resource = std::make_shared<int>(0);
    milestone begun("a connection is being served");
    {
        recording_server server([resource, &begun](ringlet::stream& client) -> ringlet::task<> {
            begun.reach();
            std::array<char, 1> any;
            while (co_await client.recv(any) > 0)
                ++*resource;
        });
        CHECK(resource.use_count() == 2);
        blocking_client client;
        {
            serving_thread serving(server);
            client.connect(server.server_address());
            client.send("x");
            begun.await();
        }
        CHECK(resource.use_count() == 2);
    }
    CHECK(resource.use_count() == 1);
}

namespace {

struct counted : ringlet::base_request_handler {
    static inline int alive = 0;  // only the serving thread, until it has been joined

    counted() { ++alive; }
    ~counted() override { --alive; }

    ringlet::task<> handle() override {
        // Each client says "n" for: answer how many objects there are.
        for (std::array<char, 1> any; co_await request().recv(any) > 0;)
            co_await request().send_all(std::to_string(alive));
    }
};

}  // namespace

TEST_CASE("an object per connection lives as long as that", "[server]") {
    recording_server server{ringlet::handler<counted>};
    serving_thread serving(server);
    blocking_client one(server.server_address());
    CHECK(one.exchange("n") == "1");
    blocking_client other(server.server_address());
    CHECK(other.exchange("n") == "2");
    other.shutdown_sending();
    CHECK(other.receive_all().empty());  // closed after the object has gone
    CHECK(one.exchange("n") == "1");
    server.shutdown(std::chrono::seconds(0));
    serving.join();
    CHECK(counted::alive == 0);
}

}  // namespace tests::server_any_handler
