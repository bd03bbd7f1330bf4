#include "catch.hpp"
#include "forked_child.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/broadcast.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>

#include <optional>
#include <stdexcept>

namespace tests::coro_broadcast {

using ringlet::broadcast;
using ringlet::loop;
using ringlet::slow_receivers;
using ringlet::task;
using ringlet::detail::joinable_task_group;

// What broadcasts of either kind do in one loop is in basic_broadcast.cpp.

namespace {

task<> receive_one(broadcast<int>::subscription& from) {
    co_await from.receive();
}

}  // namespace

TEST_CASE("a broadcast has room for an item or more, and is awaited in a loop", "[coro]") {
    CHECK_THROWS_AS(broadcast<int>(0, slow_receivers::wait), std::invalid_argument);
    broadcast<int> news(1, slow_receivers::wait);
    auto subscription = news.subscribe();
    CHECK_THROWS_WITH(news.send(1), "broadcast::send: no loop runs in this thread");
    CHECK_THROWS_WITH(subscription.receive(), "broadcast::receive: no loop runs in this thread");
    CHECK(news.try_send(1));
    CHECK_FALSE(news.try_send(2));
}

TEST_CASE("ending a broadcast or a subscription that is in use ends the program with a sentence",
          "[coro]") {
    const child_end early = run_in_child([] {
        std::optional<broadcast<int>> news(std::in_place, 1U, slow_receivers::wait);
        const auto subscription = news->subscribe();
        news.reset();
        return 0;
    });
    CHECK(early.killed_by(SIGABRT));
    CHECK(early.says("a broadcast was destroyed before a subscription to it"));

    const child_end receiving = run_in_child([] {
        run_virtually([](loop&) -> task<> {
            broadcast<int> news(1, slow_receivers::wait);
            std::optional<broadcast<int>::subscription> subscription(std::in_place, news);
            joinable_task_group group;
            group.spawn(receive_one(*subscription));
            subscription.reset();
            co_return;
        });
        return 0;
    });
    CHECK(receiving.killed_by(SIGABRT));
    CHECK(receiving.says("a subscription was destroyed while a coroutine received from it"));
}

}  // namespace tests::coro_broadcast
