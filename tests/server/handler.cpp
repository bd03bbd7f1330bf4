#include "blocking_client.hpp"
#include "catch.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/handler.hpp>
#include <ringlet/server/stream_request_handler.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <atomic>

namespace tests::server_handler {

namespace {

std::atomic<int> made{0};

class numbered : public ringlet::stream_request_handler {
    ringlet::task<> handle() override { co_await request().send_all(std::to_string(number_)); }

    const int number_ = ++made;
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

}  // namespace tests::server_handler
