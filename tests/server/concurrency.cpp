#include "catch.hpp"
#include "every_server.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/concurrency.hpp>
#include <ringlet/server/server_options.hpp>

#include <unistd.h>

#include <set>

namespace tests::server_concurrency {

namespace {

/// Where a handler runs: the process, and the thread in it.
constexpr auto tell_where = [](auto& client) -> ringlet::task<> {
    const std::string where = std::to_string(::getpid()) + ' ' + std::to_string(::gettid());
    co_await hear(client);
    co_await say(client, where);
};

}  // namespace

TEST_CASE("by default the handlers run where the requests are taken", "[server]") {
    CHECK(ringlet::server_options().concurrency == ringlet::concurrency::loop);
}

TEST_CASE("each kind of concurrency has its handlers where it says", "[server]") {
    using enum ringlet::concurrency;
    const server_kind kind = GENERATE(from_range(every_kind()));
    CAPTURE(kind);
    ringlet::server_options options;
    options.workers = 1;
    const any_server server(kind, tell_where, options);
    constexpr std::size_t requests = 3;
    std::set<std::string> places;
    std::string serving_place;
    auto serving = std::async(std::launch::async, [&] {
        serving_place = std::to_string(::getpid()) + ' ' + std::to_string(::gettid());
        server->serve_forever();
    });
    for (std::size_t i = 0; i < requests; ++i)
        places.insert(server.ask("where?"));
    server->shutdown();
    get_in_time(serving);

    const bool in_this_process = places.begin()->starts_with(std::to_string(::getpid()) + ' ');
    CHECK(in_this_process == !kind.forks());
    CHECK(places.contains(serving_place) == (kind.in == loop));
    // A thread may have the number of one that has ended; a process waits long for that.
    CHECK(places.size() <=
          (kind.in == thread_per_request || kind.in == fork_per_request ? 3U : 1U));
    if (kind.in == fork_per_request)
        CHECK(places.size() == requests);
}

}  // namespace tests::server_concurrency
