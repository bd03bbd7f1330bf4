// A child of a pool that cannot accept any more: it ends, and another one takes its place.

#include "captured_log.hpp"
#include "check_awaited.hpp"
#include "obedient_server.hpp"

#include <stdexcept>

namespace tests::server_accept_failure {

using namespace std::chrono_literals;
using ringlet::forking_tcp_server;
using ringlet::task;

namespace {

/// Its first worker cannot accept.
class failing_once : public forking_tcp_server {
public:
    using forking::forking;

private:
    task<ringlet::stream> get_request(ringlet::listener& accepting) override {
        if (counters().children_lost == 0)
            throw std::runtime_error("out of order");
        co_return co_await forking::get_request(accepting);
    }
};

}  // namespace

TEST_CASE("a worker that cannot accept exits, and the next one serves to the end", "[server]") {
    const captured_log log;
    ringlet::server_options options;
    options.concurrency = ringlet::concurrency::forks;
    options.workers = 1;
    options.restart_pause_first = 50ms;
    options.drain_timeout = 0ms;
    with_obedient_server<failing_once>(options, [](failing_once& serving) -> task<> {
        commander client = co_await connect_to(serving);
        CHECK_AWAITED(co_await client.ask("shutdown"), "shutdown");
        for (int i = 0; i < 50; ++i)  // before and after its worker has heard of the shutdown
            CHECK_AWAITED(co_await client.ask("hello"), "hello");
        CHECK(serving.counters().children_started == 2);
    });
    CHECK(log.text().ends_with(" status=\"exited with status 1\" requests=0\n"));
}

}  // namespace tests::server_accept_failure
