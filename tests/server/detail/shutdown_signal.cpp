#include "catch.hpp"
#include "descriptor_limit.hpp"

#include <ringlet/server/detail/shutdown_signal.hpp>

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <limits>
#include <system_error>
#include <thread>
#include <vector>

namespace tests::server_shutdown_signal {

using namespace std::chrono_literals;

namespace {

bool readable(const ringlet::detail::shutdown_signal& signal) {
    pollfd one{signal.native_handle(), POLLIN, 0};
    return ::poll(&one, 1, 0) == 1;
}

ringlet::detail::shutdown_signal* interrupted = nullptr;

}  // namespace

TEST_CASE("a request is seen until it is acknowledged and kept until it is reset", "[server]") {
    ringlet::detail::shutdown_signal signal;
    CHECK_FALSE(signal.requested());
    CHECK_FALSE(readable(signal));

    signal.request(5s);
    CHECK(signal.requested());
    CHECK(readable(signal));
    signal.acknowledge();
    CHECK(signal.requested());
    CHECK_FALSE(readable(signal));
    signal.acknowledge();  // does not block where there is nothing

    signal.request(6s);
    CHECK(readable(signal));
    signal.reset();
    CHECK_FALSE(signal.requested());
    CHECK_FALSE(readable(signal));
}

TEST_CASE("of several requests the shortest grace counts", "[server]") {
    ringlet::detail::shutdown_signal signal;
    signal.request(5s);
    signal.request(7s);
    CHECK(signal.grace() == 5s);
    signal.request(3s);
    CHECK(signal.grace() == 3s);
}

TEST_CASE("of requests from many threads the shortest grace counts", "[server]") {
    ringlet::detail::shutdown_signal signal;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&signal, thread] {
            for (int i = 1000; i > 0; --i)
                signal.request(std::chrono::nanoseconds(4 * i + thread));
        });
    for (auto& thread : threads)
        thread.join();
    CHECK(signal.grace() == 4ns);
    CHECK(readable(signal));
}

TEST_CASE("a signal handler that makes a request leaves errno alone", "[server]") {
    ringlet::detail::shutdown_signal signal;
    // The counter is as full as can be, so that adding to it fails.
    const auto full = std::numeric_limits<std::uint64_t>::max() - 1;
    REQUIRE(::write(signal.native_handle(), &full, sizeof(full)) == sizeof(full));
    interrupted = &signal;
    const auto before = std::signal(SIGUSR1, [](int) { interrupted->request(1s); });
    errno = ERANGE;
    std::raise(SIGUSR1);
    const int after = errno;
    std::signal(SIGUSR1, before);
    CHECK(after == ERANGE);
    CHECK(signal.grace() == 1s);
    CHECK(readable(signal));
}

TEST_CASE("without a descriptor left there is no signal, and that is said", "[server]") {
    const auto make = [] {
        const descriptor_limit none(0);
        const ringlet::detail::shutdown_signal signal;
    };
    CHECK_THROWS_AS(make(), std::system_error);
}

}  // namespace tests::server_shutdown_signal
