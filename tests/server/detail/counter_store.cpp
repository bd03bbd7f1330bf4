#include "catch.hpp"
#include "forked_child.hpp"

#include "server/detail/counter_store.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace tests::server_counter_store {

using ringlet::failure_cause;
using ringlet::server_counters;
using ringlet::detail::counter_slot;
using ringlet::detail::counter_store;

namespace {

/// What a worker counts that serves many requests, one after the other.
void serve(counter_slot& slot, int requests) {
    for (int i = 0; i < requests; ++i) {
        slot.begin();
        slot.bytes_received.fetch_add(3, std::memory_order_relaxed);
        if (i % 4 == 0)
            slot.fail(failure_cause::timed_out);
        else
            slot.finish();
    }
}

}  // namespace

TEST_CASE("a snapshot has the sum of every counter over the slots", "[server]") {
    counter_store store(3);
    CHECK(store.size() == 3);
    // Each counter has a sum of its own, so that none is taken for another.
    std::uint64_t by = 1;
    const auto add = [&](counter_slot::counter& counter) { counter += by++; };
    for (std::size_t i = 0; i < store.size(); ++i) {
        counter_slot& slot = store.slot(i);
        by = 1;
        for (auto* const counter :
             {&slot.accepted, &slot.refused, &slot.finished, &slot.bytes_received, &slot.bytes_sent,
              &slot.packets_received, &slot.packets_sent, &slot.accept_pauses,
              &slot.children_started, &slot.children_lost})
            add(*counter);
        for (auto& counter : slot.failed)
            add(counter);
        slot.begun += 100;
    }
    const server_counters sums = store.snapshot();
    CHECK(sums.accepted == 3);
    CHECK(sums.refused == 6);
    CHECK(sums.finished == 9);
    CHECK(sums.bytes_received == 12);
    CHECK(sums.bytes_sent == 15);
    CHECK(sums.packets_received == 18);
    CHECK(sums.packets_sent == 21);
    CHECK(sums.accept_pauses == 24);
    CHECK(sums.children_started == 27);
    CHECK(sums.children_lost == 30);
    CHECK(sums.failed.timed_out == 33);
    CHECK(sums.failed.reset == 36);
    CHECK(sums.failed.cancelled == 39);
    CHECK(sums.failed.other == 42);
    CHECK(sums.failed.child_lost == 45);
    CHECK(sums.active == 300 - 9 - sums.failed.total());
}

TEST_CASE("a request is active from its beginning to its end, also in another's slot", "[server]") {
    counter_store store(2);
    store.slot(0).begin();
    store.slot(1).begin();
    CHECK(store.snapshot().active == 2);
    store.slot(0).finish();
    store.slot(1).fail(failure_cause::other);
    CHECK(store.snapshot().active == 0);
}

TEST_CASE("what has ended is never ahead of what has begun, while threads count", "[server]") {
    constexpr int snapshots = 100'000;
    counter_store store(3);
    std::vector<int> rounds(store.size());
    bool shrank = false;
    std::uint64_t most_active = 0;
    {
        std::atomic<bool> done{false};
        std::vector<std::jthread> workers;
        for (std::size_t i = 0; i < store.size(); ++i)
            workers.emplace_back([&, i] {
                for (; !done; ++rounds[i])
                    serve(store.slot(i), 100);
            });
        server_counters before;
        for (int i = 0; i < snapshots; ++i) {
            const server_counters now = store.snapshot();
            most_active = std::max(most_active, now.active);
            shrank = shrank || now.finished < before.finished ||
                     now.failed.timed_out < before.failed.timed_out ||
                     now.bytes_received < before.bytes_received;
            before = now;
        }
        done = true;
    }
    const server_counters sums = store.snapshot();
    const auto requests = 100 * static_cast<std::uint64_t>(rounds[0] + rounds[1] + rounds[2]);
    // What began while a snapshot was taken counts as active, but no more than that.
    CHECK(most_active <= requests);
    CHECK_FALSE(shrank);
    CHECK(sums.active == 0);
    CHECK(sums.finished == requests * 3 / 4);
    CHECK(sums.failed.timed_out == requests / 4);
    CHECK(sums.bytes_received == requests * 3);
}

TEST_CASE("forked children count, and their parent reads, even when they have gone", "[server]") {
    constexpr std::size_t children = 3;
    constexpr int requests = 20'000;
    counter_store store(1 + children);
    {
        std::vector<std::optional<forked_child>> all(children);
        for (std::size_t i = 0; i < children; ++i)
            all[i].emplace([&store, i] {
                serve(store.slot(1 + i), requests);
                return store.snapshot().finished >= requests * 3 / 4 ? 0 : 1;
            });
        serve(store.slot(0), requests);
        for (auto& child : all)
            CHECK(child->wait().exited_with(0));
    }
    const server_counters sums = store.snapshot();
    CHECK(sums.finished == (1 + children) * requests * 3 / 4);
    CHECK(sums.failed.timed_out == (1 + children) * requests / 4);
    CHECK(sums.active == 0);
}

TEST_CASE("what a lost child had begun has failed, and its slot can be used again", "[server]") {
    counter_store store(2);
    store.slot(1).begin();  // before it is forked
    const child_end end = run_in_child([&] {
        for (int i = 0; i < 4; ++i)
            store.slot(1).begin();
        store.slot(1).finish();
        ::raise(SIGKILL);
        return 0;
    });
    CHECK(end.killed_by(SIGKILL));
    CHECK(store.snapshot().active == 4);
    CHECK(store.settle_lost(1) == 4);
    CHECK(store.snapshot().active == 0);
    CHECK(store.snapshot().failed.child_lost == 4);
    CHECK(store.snapshot().finished == 1);
    CHECK(store.settle_lost(1) == 0);
    CHECK(store.settle_lost(0) == 0);

    store.slot(1).begin();
    CHECK(store.snapshot().active == 1);
    CHECK(store.settle_lost(1) == 1);
    CHECK(store.snapshot().failed.child_lost == 5);
}

TEST_CASE("a store without slots is refused, and a slot that there is not ends the program",
          "[server]") {
    CHECK_THROWS_AS(counter_store(0), std::system_error);
    const child_end end = run_in_child([] {
        counter_store store(2);
        store.slot(2).begin();
        return 0;
    });
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("a counter slot was asked for that there is not"));
}

}  // namespace tests::server_counter_store
