#include "../catch.hpp"
#include "../descriptors.hpp"
#include "echo.hpp"

#include <ringlet/server/server_options.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <stdexcept>

using namespace std::chrono_literals;

namespace {

/// What is wrong with these options, or nothing.
std::string refusal_of(const ringlet::server_options& options) {
    const auto descriptors = open_descriptors();
    std::string said;
    try {
        const ringlet::tcp_server server({"127.0.0.1", 0}, echo, options);
    } catch (const std::invalid_argument& error) {
        said = error.what();
    }
    CHECK(open_descriptors() == descriptors);
    return said;
}

}  // namespace

TEST_CASE("a time that no server can keep is refused by its name", "[server]") {
    const auto member =
        GENERATE(&ringlet::server_options::drain_timeout, &ringlet::server_options::timeout,
                 &ringlet::server_options::linger_timeout);
    const std::string name = member == &ringlet::server_options::drain_timeout ? "drain_timeout"
                             : member == &ringlet::server_options::timeout     ? "timeout"
                                                                               : "linger_timeout";
    ringlet::server_options options;
    for (const auto impossible :
         {-1ms, std::chrono::milliseconds::min(), std::chrono::milliseconds::max()}) {
        options.*member = impossible;
        CAPTURE(impossible.count());
        CHECK(refusal_of(options).find(name) != std::string::npos);
    }
    for (const std::chrono::milliseconds possible : {0ms, std::chrono::milliseconds(24h * 365)}) {
        options.*member = possible;
        CAPTURE(possible.count());
        CHECK(refusal_of(options).empty());
    }
}

TEST_CASE("the options of the listening socket are checked too", "[server]") {
    ringlet::server_options options;
    options.listening.backlog = 0;
    CHECK(refusal_of(options).find("backlog") != std::string::npos);
}

TEST_CASE("left alone, a server drains five seconds and lingers one", "[server]") {
    const ringlet::server_options options;
    CHECK(options.drain_timeout == 5s);
    CHECK(options.linger_timeout == 1s);
    CHECK(options.linger_bytes_max == 64U << 20U);
    CHECK(options.timeout == 0s);
    CHECK(options.listening.backlog == 4096);
    CHECK(options.listening.binding.reuse_address);
}
