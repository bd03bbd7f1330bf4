// A listener in a process that has no descriptor left; the rest is in listener.cpp.

#include "blocking_client.hpp"
#include "catch.hpp"
#include "descriptor_hoard.hpp"
#include "descriptor_limit.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/listener.hpp>

#include <sys/resource.h>

#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace tests::net_listener_overload {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::listener;
using ringlet::listener_options;
using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::task_group;

namespace {

/// The processor time that this process has used.
std::chrono::microseconds cpu_time() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& part) {
        return std::chrono::seconds(part.tv_sec) + std::chrono::microseconds(part.tv_usec);
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

/// Checks that the process idles for a while: a loop that retries at once would use all of it.
task<> check_idle() {
    const auto start = std::chrono::steady_clock::now();
    const auto used_before = cpu_time();
    co_await ringlet::sleep_for(400ms);
    const auto elapsed = std::chrono::steady_clock::now() - start;
    CHECK((cpu_time() - used_before) * 4 < elapsed);
}

listener_options quickly_recovering(std::size_t ahead_max) {
    listener_options options;
    options.accepted_ahead_max = ahead_max;
    options.overload_pause_first = 2ms;
    options.overload_pause_max = 50ms;
    return options;
}

/// What a listener tells of being overloaded.
struct overload_log {
    explicit overload_log(listener& source) {
        source.on_overload([this](std::error_code error, std::chrono::milliseconds pause) {
            errors.push_back(error);
            pauses.push_back(pause);
        });
    }

    std::vector<std::error_code> errors;
    std::vector<std::chrono::milliseconds> pauses;
};

task<> accept_one(listener& source, std::optional<stream>& accepted) {
    accepted.emplace(co_await source.accept());
}

const address any_port("127.0.0.1", 0);

}  // namespace

TEST_CASE("without a descriptor left accepting pauses, and goes on by itself", "[net]") {
    const std::size_t ahead_max = GENERATE(0U, 64U);
    const descriptor_limit few(256);
    run_without_leak([=](loop& owner) -> task<> {
        listener source(owner, any_port, quickly_recovering(ahead_max));
        const overload_log log(source);
        blocking_client served(source.local_address());
        stream connection = co_await source.accept();
        for (std::size_t episode = 1; episode <= 2; ++episode) {
            const blocking_client waiting(source.local_address());
            const blocking_client also_waiting(source.local_address());
            std::optional<stream> accepted;
            co_await task_group::run([&](task_group& group) -> task<> {
                const descriptor_hoard hoard;
                group.spawn(accept_one(source, accepted));
                co_await check_idle();
                CHECK_FALSE(accepted.has_value());
                CHECK(log.errors.size() == episode);  // not once for each attempt
                served.send("still served");
                const std::string text = co_await receive(connection, 12);
                CHECK(text == "still served");
            });
            REQUIRE(accepted.has_value());
            CHECK(accepted->peer_address() == waiting.local_address());
            const stream next = co_await source.accept();
            CHECK(next.peer_address() == also_waiting.local_address());
        }
        for (const std::error_code& error : log.errors)
            CHECK(error == std::errc::too_many_files_open);
        CHECK(log.pauses == std::vector{2ms, 2ms});
        co_await source.close();
    });
}

TEST_CASE("a client that comes while no descriptor is left is accepted later", "[net]") {
    const descriptor_limit few(256);
    run_without_leak([](loop& owner) -> task<> {
        listener source(owner, any_port, quickly_recovering(64));
        const overload_log log(source);
        blocking_client client(AF_INET);
        std::optional<stream> accepted;
        co_await task_group::run([&](task_group& group) -> task<> {
            const descriptor_hoard hoard;
            group.spawn(accept_one(source, accepted));
            co_await check_idle();
            client.connect(source.local_address());
            co_await check_idle();
            CHECK_FALSE(accepted.has_value());
            CHECK(log.errors.size() == 1);
        });
        REQUIRE(accepted.has_value());
        CHECK(accepted->peer_address() == client.local_address());
        co_await source.close();
    });
}

TEST_CASE("a listener can be closed while it pauses", "[net]") {
    const descriptor_limit few(256);
    run_without_leak([](loop& owner) -> task<> {
        listener_options options;
        options.overload_pause_first = options.overload_pause_max = 1h;
        listener source(owner, any_port, options);
        const overload_log log(source);
        const blocking_client waiting(source.local_address());
        std::error_code error;
        const auto acceptor = [&]() -> task<> { co_await source.accept(error); };
        co_await task_group::run([&](task_group& group) -> task<> {
            const descriptor_hoard hoard;
            group.spawn(acceptor());
            while (log.errors.empty())
                co_await ringlet::yield();
            co_await source.close();
        });
        CHECK(error == std::errc::operation_canceled);
    });
}

}  // namespace tests::net_listener_overload
