// A client that has ended its side, or says more than is read, gets its whole reply.

#include "blocking_client.hpp"
#include "byte_pattern.hpp"
#include "captured_log.hpp"
#include "catch.hpp"
#include "concurrency_kinds.hpp"
#include "eventually.hpp"
#include "serving_thread.hpp"
#include "temporary_directory.hpp"

#include <ringlet/server/tcp_server.hpp>
#include <ringlet/server/unix_stream_server.hpp>

#include <memory>

namespace tests::server_half_close {

using namespace std::chrono_literals;

namespace {

using handler = ringlet::any_handler<ringlet::stream>;

struct transport {
    const char* name;
    std::unique_ptr<ringlet::server> (*serve)(const temporary_directory&, handler,
                                              const ringlet::server_options&);
};

const transport tcp{"tcp",
                    [](const temporary_directory&, handler handles,
                       const ringlet::server_options& options) -> std::unique_ptr<ringlet::server> {
                        return std::make_unique<ringlet::tcp_server>(
                            ringlet::address("127.0.0.1", 0), std::move(handles), options);
                    }};
const transport unix_stream{
    "unix",
    [](const temporary_directory& in, handler handles,
       const ringlet::server_options& options) -> std::unique_ptr<ringlet::server> {
        return std::make_unique<ringlet::unix_stream_server>(
            ringlet::address::unix_path((in.path() / "server").string()), std::move(handles),
            options);
    }};

const std::string& reply() {
    static const std::string text = byte_pattern(3'000'000);
    return text;
}

/// Reads until the client has ended its side, and then replies.
ringlet::task<> answer_at_end(ringlet::stream& client) {
    std::array<char, 4096> buffer;
    while (co_await client.recv(buffer) > 0) {
    }
    co_await client.send_all(reply());
}

/// Replies after the first word.
ringlet::task<> answer_at_once(ringlet::stream& client) {
    std::array<char, 4> word;
    co_await client.recv(word);
    co_await client.send_all("enough");
}

/// Replies again and again.
ringlet::task<> answer_without_end(ringlet::stream& client) {
    for (;;)
        co_await client.send_all(reply());
}

}  // namespace

TEST_CASE("a client that ends its side, or is not read to the end, gets its reply", "[server]") {
    const transport over = GENERATE(tcp, unix_stream);
    const concurrency_kind tested = GENERATE(from_range(concurrency_kinds()));
    CAPTURE(over.name, tested.name);
    const captured_log log;
    const temporary_directory directory;

    SECTION("after the end of its side") {
        const auto server = over.serve(directory, answer_at_end, tested.options);
        serving_thread serving(*server);
        for (int i = 0; i < 3; ++i) {
            blocking_client client(server->server_address());
            client.send("question");
            client.shutdown_sending();
            CHECK(client.receive_all() == reply());
        }
        serving.stop(1h);
        CHECK(server->counters().finished == 3);
        CHECK(server->counters().failed.total() == 0);
    }
    SECTION("though much of what it said is unread") {
        const auto server = over.serve(directory, answer_at_once, tested.options);
        serving_thread serving(*server);
        for (int i = 0; i < 3; ++i) {
            blocking_client client(server->server_address());
            client.send(reply());
            client.shutdown_sending();
            CHECK(client.receive_all() == "enough");
        }
        serving.stop(1h);
        CHECK(server->counters().finished == 3);
    }
    CHECK(log.text().find("child") == std::string::npos);
}

TEST_CASE("a client that goes before it has its whole reply ends nothing but its own", "[server]") {
    const transport over = GENERATE(tcp, unix_stream);
    // Not fork_per_request: there the child has inherited the client too, and keeps it open.
    const concurrency_kind tested =
        GENERATE(kinds::loop, kinds::threads, kinds::sharing_threads, kinds::thread_per_request);
    if (std::string_view(over.name) == "unix" &&
        tested.options.to_workers == ringlet::server_options::hand_over::reuse_port)
        return;  // Unix sockets do not share an address
    CAPTURE(over.name, tested.name);
    const captured_log quiet;
    const temporary_directory directory;
    const auto server = over.serve(directory, answer_without_end, tested.options);
    serving_thread serving(*server);
    blocking_client other(server->server_address());
    CHECK(other.receive(reply().size()) == reply());
    for (int i = 0; i < 3; ++i) {
        blocking_client hasty(server->server_address());
        CHECK(hasty.receive(1) == reply().substr(0, 1));
    }  // a reset, since there is more to read
    CHECK(eventually([&] { return server->counters().failed.reset == 3; }));
    CHECK(other.receive(reply().size()) == reply());
    other.reset();
    serving.stop(1h);
    CHECK(server->counters().failed.reset == 4);
    CHECK(server->counters().failed.total() == 4);
    CHECK(server->counters().active == 0);
}

}  // namespace tests::server_half_close
