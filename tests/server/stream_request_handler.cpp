#include "../blocking_client.hpp"
#include "../catch.hpp"
#include "../serving_thread.hpp"
#include "recording_server.hpp"

#include <ringlet/server/stream_request_handler.hpp>

#include <netinet/tcp.h>

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

std::string answer_of(ringlet::connection_handler handler) {
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
