#include "catch.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/channel.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace tests::coro_channel {

using ringlet::channel;
using ringlet::loop;
using ringlet::task;

// What channels of either kind do is in basic_channel.cpp.

TEST_CASE("a channel passes work on until it is closed", "[coro]") {
    run_virtually([](loop&) -> task<> {
        channel<std::string> jobs(2);
        std::vector<std::string> done;
        const auto worker = [&]() -> task<> {
            while (const auto job = co_await jobs.receive())
                done.push_back(*job);
        };
        ringlet::detail::joinable_task_group workers;
        workers.spawn(worker());
        for (const char* const name : {"one", "two", "three"}) {
            std::string job(name);
            co_await jobs.send(std::move(job));
        }
        jobs.close();
        co_await workers.join();
        CHECK(done == std::vector<std::string>{"one", "two", "three"});
    });
}

TEST_CASE("the errors of a channel name its calls", "[coro]") {
    channel<int> items(1);
    CHECK_THROWS_WITH(items.send(1), "channel::send: no loop runs in this thread");
    CHECK_THROWS_WITH(items.receive(), "channel::receive: no loop runs in this thread");
}

}  // namespace tests::coro_channel
