#include "blocking_client.hpp"
#include "catch.hpp"
#include "recording_server.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/stream_request_handler.hpp>

#include <netinet/tcp.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tests::server_stream_request_handler {

using namespace std::chrono_literals;

namespace {

/// Answers "on" or "off": whether its connection sends small pieces at once.
class tells_no_delay : public ringlet::stream_request_handler {
    ringlet::task<> handle() override {
        const int on = connection().socket().get_option<int>(IPPROTO_TCP, TCP_NODELAY);
        co_await connection().send_all(std::string_view(on != 0 ? "on" : "off"));
    }
};

class patient : public tells_no_delay {
public:
    patient() { disable_nagle_algorithm = false; }
};

/// Repeats lines, as buffered as it is told to be.
template <int ReadBuffer, int WriteBuffer>
class repeats_lines : public ringlet::stream_request_handler {
public:
    repeats_lines() {
        rbufsize = ReadBuffer;
        wbufsize = WriteBuffer;
    }

    ringlet::task<> handle() override {
        while (const auto line = co_await rfile().read_line())
            co_await wfile().print(*line, "!\n");
    }
};

/// What a client of `handler` is sent that sends `input` and ends its side, and what the server
/// hears of.
struct conversation {
    std::string output;
    std::vector<recording_server::error> errors;
};

conversation converse(ringlet::any_handler<ringlet::stream> handler, std::string_view input) {
    recording_server server(std::move(handler));
    serving_thread serving(server);
    blocking_client client(server.server_address());
    client.send(input);
    client.shutdown_sending();
    std::string output = client.receive_all();
    server.shutdown();
    serving.join();
    return {std::move(output), std::move(server.errors)};
}

std::string answer_of(ringlet::any_handler<ringlet::stream> handler) {
    recording_server server(std::move(handler));
    const serving_thread serving(server);
    return blocking_client(server.server_address()).receive_all();
}

}  // namespace

TEST_CASE("small pieces are sent at once unless the handler wants them collected", "[server]") {
    CHECK(answer_of(ringlet::handler<tells_no_delay>) == "on");
    CHECK(answer_of(ringlet::handler<patient>) == "off");
}

TEST_CASE("connection is another name for request", "[server]") {
    struct compares : ringlet::stream_request_handler {
        ringlet::task<> handle() override {
            co_await request().send_all(
                std::string(&connection() == &request() ? "same" : "different"));
        }
    };
    CHECK(answer_of(ringlet::handler<compares>) == "same");
}

TEST_CASE("rfile and wfile are the connection, however much they buffer", "[server]") {
    const std::string input = "one\r\ntwo\n\nlast";
    const std::string output = "one!\ntwo!\n!\nlast!\n";
    CHECK(converse(ringlet::handler<repeats_lines<-1, 0>>, input).output == output);
    CHECK(converse(ringlet::handler<repeats_lines<0, 0>>, input).output == output);
    CHECK(converse(ringlet::handler<repeats_lines<-1, -1>>, input).output == output);
    CHECK(converse(ringlet::handler<repeats_lines<3, 3>>, input).output == output);
    CHECK(converse(ringlet::handler<repeats_lines<100'000, 100'000>>, input).output == output);
}

TEST_CASE("wfile sends at once by default, and where it buffers, at the end", "[server]") {
    struct answers_early : ringlet::stream_request_handler {
        ringlet::task<> handle() override {
            co_await wfile().write("early");
            co_await rfile().read_all();
        }
    };
    struct answers_late : ringlet::stream_request_handler {
        answers_late() { wbufsize = -1; }
        ringlet::task<> handle() override {
            co_await wfile().print("late, ", wfile().buffered(), ", ");
            co_await wfile().print(wfile().buffered());
        }
    };
    recording_server server{ringlet::handler<answers_early>};
    {
        const serving_thread serving(server);
        blocking_client client(server.server_address());
        CHECK(client.receive(5) == "early");
        client.shutdown_sending();
        CHECK(client.receive_all().empty());
    }
    CHECK(server.errors.empty());
    CHECK(answer_of(ringlet::handler<answers_late>) == "late, 0, 9");
}

TEST_CASE("buffered answers are sent when rfile is about to wait", "[server]") {
    recording_server server{ringlet::handler<repeats_lines<-1, -1>>};
    const serving_thread serving(server);
    blocking_client client(server.server_address());
    client.send("one\ntwo\nhal");
    CHECK(client.receive(10) == "one!\ntwo!\n");
    client.send("f\n");
    CHECK(client.receive(6) == "half!\n");
}

TEST_CASE("output is sent and small pieces are collected, whatever a handler overrides",
          "[server]") {
    struct overrides : ringlet::stream_request_handler {
        ringlet::task<> setup() override {
            disable_nagle_algorithm = false;
            wbufsize = -1;
            co_return;
        }
        ringlet::task<> handle() override {
            co_await wfile().print("no delay: ",
                                   connection().socket().get_option<int>(IPPROTO_TCP, TCP_NODELAY));
        }
        ringlet::task<> finish() override { co_await wfile().write(", the end"); }
    };
    CHECK(answer_of(ringlet::handler<overrides>) == "no delay: 0, the end");
}

TEST_CASE("output is sent where finish fails, and the server is told of each failure", "[server]") {
    struct fails_twice : ringlet::stream_request_handler {
        fails_twice() { wbufsize = -1; }
        ringlet::task<> handle() override {
            co_await wfile().write("kept");
            throw std::runtime_error("handle");
        }
        ringlet::task<> finish() override {
            throw std::runtime_error("finish");
            co_return;
        }
    };
    const conversation had = converse(ringlet::handler<fails_twice>, "");
    CHECK(had.output == "kept");
    REQUIRE(had.errors.size() == 2);
    CHECK(had.errors[0].text == "handle");
    CHECK(had.errors[1].text == "finish");
}

TEST_CASE("what was written before handle failed is sent", "[server]") {
    struct refuses : ringlet::stream_request_handler {
        refuses() { wbufsize = -1; }
        ringlet::task<> handle() override {
            co_await wfile().write("go away");
            co_await rfile().read_line(3);
        }
    };
    const conversation had = converse(ringlet::handler<refuses>, "too long a line\n");
    CHECK(had.output == "go away");
    REQUIRE(had.errors.size() == 1);
    CHECK(had.errors[0].text.find("read_line: ") == 0);
}

TEST_CASE("the server hears of output that could not be flushed, once", "[server]") {
    struct late : ringlet::stream_request_handler {
        late() { wbufsize = -1; }
        ringlet::task<> handle() override {
            co_await wfile().write("x");
            co_await connection().end_sending();
        }
    };
    struct early : late {
        ringlet::task<> handle() override {
            co_await late::handle();
            co_await wfile().flush();
        }
    };
    for (const conversation& had :
         {converse(ringlet::handler<late>, ""), converse(ringlet::handler<early>, "")}) {
        REQUIRE(had.errors.size() == 1);
        CHECK(had.errors[0].text == "send: Broken pipe");
    }
}

TEST_CASE("a client that is silent beyond the timeout is an error of its own handler", "[server]") {
    struct hurries : repeats_lines<-1, 0> {
        hurries() { timeout = 1ms; }
    };
    recording_server server{ringlet::handler<hurries>};
    serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).receive_all().empty());
    server.shutdown();
    serving.join();
    REQUIRE(server.errors.size() == 1);
    CHECK(server.errors[0].text == "recv: timed out by a deadline of this program");
}

TEST_CASE("without a buffer for reading the connection can be read directly too", "[server]") {
    struct mixes : ringlet::stream_request_handler {
        mixes() { rbufsize = 0; }
        ringlet::task<> handle() override {
            const auto line = co_await rfile().read_line();
            const std::string first(*line);
            std::array<char, 100> raw{};
            const std::size_t size = co_await request().recv(raw);
            co_await request().send_all(first, "|", std::string_view(raw.data(), size));
        }
    };
    CHECK(converse(ringlet::handler<mixes>, "line\nraw").output == "line|raw");
}

TEST_CASE("a shutdown that cancels a handler with output left is no error", "[server]") {
    struct waits : ringlet::stream_request_handler {
        waits() { wbufsize = -1; }
        ringlet::task<> handle() override {
            co_await wfile().write("never sent");
            co_await request().send_all("x");
            std::array<char, 1> byte{};
            co_await request().recv(byte);  // a read of rfile would send it
        }
    };
    recording_server server{ringlet::handler<waits>};
    serving_thread serving(server);
    blocking_client client(server.server_address());
    CHECK(client.receive(1) == "x");
    server.shutdown(0s);
    serving.join();
    CHECK(client.receive_all().empty());
    CHECK(server.errors.empty());
}

}  // namespace tests::server_stream_request_handler
