// What ends a service that cannot go on, and how it says so.

#include "captured_log.hpp"
#include "catch.hpp"
#include "in_time.hpp"
#include "server/echo.hpp"

#include <ringlet/daemon/run.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <sysexits.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tests::daemon_run_failures {

namespace daemon = ringlet::daemon;

using namespace std::chrono_literals;
using daemon::service_state;

namespace {

const ringlet::address any_port("127.0.0.1", 0);

bool says(const captured_log& log, const char* words) {
    return log.text().find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("an exception of the body becomes a line and a status", "[daemon]") {
    const ringlet::tcp_server holder(any_port, echo);
    const std::string taken = holder.server_address().to_string();
    const auto bind = [&](const std::string& local) {
        const ringlet::tcp_server server(ringlet::address::parse(local), echo);
    };
    using body = std::function<void(daemon::service&)>;
    const std::vector<std::pair<body, int>> bodies{
        {[&](auto&) { bind(taken); }, EX_UNAVAILABLE},
        {[&](auto&) { bind("192.0.2.1:80"); }, EX_UNAVAILABLE},
        {[&](auto&) { bind("no address"); }, EX_CONFIG},
        {[](auto&) { throw std::runtime_error("whatever"); }, EX_SOFTWARE},
        {[](auto&) { throw 1; }, EX_SOFTWARE},
        {[](auto&) { throw std::system_error(EACCES, std::system_category(), "x"); }, EX_NOPERM},
        {[](auto&) { throw std::system_error(EIO, std::system_category(), "x"); }, EX_OSERR},
        {[](auto&) {}, EX_OK},
    };
    for (const auto& [failing, status] : bodies) {
        const captured_log log;
        CAPTURE(status);
        CHECK(in_time([&] { return daemon::run(failing); }) == status);
        const std::vector<std::string> lines = log.lines();
        CHECK(lines.size() == (status == EX_OK ? 0 : 1));
        if (status != EX_OK && !lines.empty())
            CHECK(lines[0].find("the service cannot go on level=error error=") !=
                  std::string::npos);
    }
}

TEST_CASE("a server that cannot serve ends the service, and the others drain", "[daemon]") {
    const captured_log log;
    ringlet::tcp_server server(any_port, echo);
    ringlet::tcp_server taken(server.server_address(), echo, {.bind_and_activate = false});
    const bool attending = GENERATE(false, true);
    const int status = in_time([&] {
        return daemon::run([&](daemon::service& self) {
            if (attending)
                self.attend(taken);
            else
                return self.serve(server, taken);
            self.serve(server);
        });
    });
    CHECK(status == EX_UNAVAILABLE);
    CHECK(says(log, "the service cannot go on level=error"));
}

TEST_CASE("a watcher that fails ends a service that is not ready", "[daemon]") {
    const captured_log log;
    ringlet::tcp_server server(any_port, echo);
    const auto fails_at = GENERATE(service_state::starting, service_state::ready);
    const int status = in_time([&] {
        return daemon::run([&](daemon::service& self) {
            self.on_state([&](service_state state) {
                if (state == fails_at)
                    throw std::runtime_error("no");
            });
            self.serve(server);
        });
    });
    CHECK(status == EX_SOFTWARE);
}

TEST_CASE("a service serves once", "[daemon]") {
    const captured_log log;
    ringlet::tcp_server server(any_port, echo);
    const int status = in_time([&] {
        return daemon::run([&](daemon::service& self) {
            server.shutdown();
            self.serve(server);
            self.serve(server);
        });
    });
    CHECK(status == EX_SOFTWARE);
    CHECK(says(log, "the service has served already"));
}

TEST_CASE("options that make no sense are refused", "[daemon]") {
    const captured_log log;
    ringlet::tcp_server server(any_port, echo);
    CHECK(daemon::run({.unready_grace = -1ms}, server) == EX_CONFIG);
    CHECK(daemon::run({.restart_timeout = std::chrono::hours(24 * 366)}, server) == EX_CONFIG);
}

}  // namespace tests::daemon_run_failures
