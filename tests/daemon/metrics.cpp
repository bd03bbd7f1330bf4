#include "blocking_client.hpp"
#include "catch.hpp"
#include "child_process.hpp"
#include "eventually.hpp"
#include "server/echo.hpp"
#include "serving_thread.hpp"

#include <ringlet/daemon/metrics.hpp>
#include <ringlet/server/tcp_server.hpp>
#include <ringlet/tls/counters.hpp>

#include <string>
#include <system_error>

namespace tests::daemon_metrics {

using ringlet::daemon::metrics;
using ringlet::daemon::metrics_text;

namespace {

const ringlet::address any_port("127.0.0.1", 0);

bool has_line(const metrics& all, const std::string& line) {
    return ('\n' + all.text()).find('\n' + line + '\n') != std::string::npos;
}

/// As a context of TLS, whose library the metrics do without.
struct counting {
    ringlet::tls::counters counts;
    [[nodiscard]] ringlet::tls::counters counters() const { return counts; }
};

}  // namespace

TEST_CASE("metrics tell of servers by their names", "[daemon]") {
    ringlet::tcp_server first(any_port, echo);
    ringlet::tcp_server second(any_port, echo, {.max_connections = 7});
    metrics all;
    all.add("first", first);
    all.add("second", second);
    const serving_thread serving(first);
    blocking_client client(first.server_address());
    CHECK(client.exchange("hello") == "hello");
    CHECK(has_line(all, "ringlet_server_accepted_total{server=\"first\"} 1"));
    CHECK(has_line(all, "ringlet_server_active{server=\"first\"} 1"));
    CHECK(has_line(all, "ringlet_server_accepted_total{server=\"second\"} 0"));
    CHECK(has_line(all, "ringlet_server_active_max{server=\"second\"} 7"));
    client.reset();
    CHECK(eventually([&] {
        return has_line(all, "ringlet_server_failed_total{server=\"first\",cause=\"reset\"} 1");
    }));
    CHECK(has_line(all, "ringlet_server_received_bytes_total{server=\"first\"} 5"));
}

TEST_CASE("metrics tell of TLS contexts", "[daemon]") {
    counting context;
    context.counts.handshakes = 5;
    context.counts.resumed = 2;
    context.counts.in_progress = 1;
    context.counts.failed.not_tls = 3;
    context.counts.failed_reloads = 4;
    metrics all;
    all.add("web", context);
    CHECK(has_line(all, "ringlet_tls_handshakes_total{context=\"web\"} 5"));
    CHECK(has_line(all, "ringlet_tls_resumed_handshakes_total{context=\"web\"} 2"));
    CHECK(has_line(all, "ringlet_tls_handshakes_active{context=\"web\"} 1"));
    CHECK(
        has_line(all, "ringlet_tls_failed_handshakes_total{context=\"web\",cause=\"not_tls\"} 3"));
    CHECK(has_line(all, "ringlet_tls_failed_reloads_total{context=\"web\"} 4"));
}

TEST_CASE("metrics tell of loops and of what the program adds", "[daemon]") {
    metrics all;
    all.add([](metrics_text& out) { out.counter("shop_orders_total", "Orders.", {}, 12); });
    CHECK(has_line(all, "shop_orders_total 12"));
    const std::string text = all.text();
    CHECK(text.find("# TYPE ringlet_loop_turn_seconds histogram\n") != std::string::npos);
    CHECK(text.find("# TYPE ringlet_loop_wait_seconds histogram\n") != std::string::npos);
    CHECK(text.find("\nprocess_open_fds ") != std::string::npos);
}

TEST_CASE("promtool finds no fault with the metrics", "[daemon]") {
    ringlet::tcp_server server(any_port, echo);
    const counting context;
    metrics all;
    all.add("a \"server\" of\nmany \\ words", server);
    all.add("web", context);
    child_process promtool({"promtool", "check", "metrics"});
    try {
        promtool.write(all.text());
    } catch (const std::system_error&) {
        // It has ended, if ever it began.
    }
    promtool.close_input();
    const std::string said = promtool.out().read_rest() + promtool.err().read_rest();
    const int status = promtool.wait();
    if (status == child_process::cannot_run)
        SKIP("there is no promtool here (package prometheus)");
    INFO(said);
    CHECK(status == 0);
    CHECK(said.empty());
}

}  // namespace tests::daemon_metrics
