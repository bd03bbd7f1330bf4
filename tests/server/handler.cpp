#include "blocking_client.hpp"
#include "catch.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/request_handler.hpp>
#include <ringlet/server/stream_request_handler.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <atomic>
#include <functional>
#include <string>
#include <utility>

namespace tests::server_handler {

namespace {

std::atomic<int> made{0};

class numbered : public ringlet::stream_request_handler {
    ringlet::task<> handle() override { co_await request().send_all(std::to_string(number_)); }

    const int number_ = ++made;
};

/// Counts the copies that are made of it.
struct counted_text {
    explicit counted_text(std::string told) : text(std::move(told)) {}
    counted_text(const counted_text& other) : text(other.text) { ++copies; }
    counted_text(counted_text&&) = default;
    counted_text& operator=(const counted_text&) = delete;
    ~counted_text() = default;

    static inline std::atomic<int> copies{0};
    std::string text;
};

class greets : public ringlet::stream_request_handler {
public:
    greets(const counted_text& greeting, std::atomic<int>& guests)
        : greeting_(greeting.text), number_(++guests) {}

    ringlet::task<> handle() override {
        co_await request().send_all(greeting_ + std::to_string(number_));
    }

private:
    const std::string& greeting_;
    const int number_;
};

}  // namespace

TEST_CASE("handler<T> names the class of which each connection gets an object", "[server]") {
    made = 0;
    ringlet::tcp_server server({"127.0.0.1", 0}, ringlet::handler<numbered>);
    CHECK(made == 0);
    const serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).receive_all() == "1");
    CHECK(blocking_client(server.server_address()).receive_all() == "2");
}

TEST_CASE("handler<T>(arguments...) makes each object from the same arguments", "[server]") {
    std::atomic<int> guests{0};
    counted_text::copies = 0;
    const counted_text hello("hello ");
    ringlet::tcp_server server({"127.0.0.1", 0}, ringlet::handler<greets>(hello, std::ref(guests)));
    CHECK(counted_text::copies == 1);
    CHECK(guests == 0);
    const serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).receive_all() == "hello 1");
    CHECK(blocking_client(server.server_address()).receive_all() == "hello 2");
    CHECK(counted_text::copies == 1);
    CHECK(guests == 2);
}

}  // namespace tests::server_handler
