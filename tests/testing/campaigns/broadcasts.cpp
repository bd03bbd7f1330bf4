#include "campaign.hpp"
#include "catch.hpp"

#include <ringlet/coro/broadcast.hpp>
#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/concurrent_broadcast.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <memory>
#include <optional>

// Coroutines of one loop, or of several, send through a broadcast to subscriptions that come and
// go: each of them receives all items from its beginning on, in one order, or is told how many it
// has missed, or that it was too slow.

namespace tests::campaigns::broadcasts {

using namespace std::chrono_literals;
using ringlet::slow_receivers;
using ringlet::testing::random_source;

using item = std::shared_ptr<const std::uint64_t>;  // the number of all items sent before it

/// A broadcast, and what has gone through it. The tasks of a run own it together.
template <class Broadcast>
struct shared {
    shared(std::size_t capacity, slow_receivers chosen) : items(capacity, chosen), policy(chosen) {}

    Broadcast items;
    slow_receivers policy;
    std::uint64_t sent = 0;
    std::size_t senders_left = 0;
    std::size_t receivers_left = 0;
};

// One sender numbers the items, so that the numbers say what was missed.
template <class Broadcast>
task<> send_many(std::shared_ptr<shared<Broadcast>> to, random_source random, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
        item sent = std::make_shared<const std::uint64_t>(to->sent);
        std::error_code error;
        if (random.chance(0.3)) {
            if (!to->items.try_send(std::move(sent)))
                error = std::make_error_code(std::errc::resource_unavailable_try_again);
        } else {
            std::optional<ringlet::cancel_scope> scope;
            if (random.chance(0.3))
                scope.emplace(random.between(0us, 2ms));
            co_await to->items.send(std::move(sent), error);
        }
        sometimes(error == std::errc::timed_out, "a sender is cancelled");
        always(!error || sent != nullptr, "an item that was not sent is as it was");
        if (!error)
            ++to->sent;
        if (random.chance(0.3))
            co_await ringlet::sleep_for(random.between(0us, 3ms));
    }
    to->items.close();
}

template <class Broadcast>
task<> receive_some(std::shared_ptr<shared<Broadcast>> from, random_source random) {
    co_await ringlet::sleep_for(random.between(0us, 20ms));
    auto subscription = from->items.subscribe();
    std::uint64_t next = from->sent;
    bool first = true;
    for (const bool leaves = random.chance(0.2); !leaves || random.chance(0.9);) {
        std::optional<item> received;
        std::error_code error;
        {
            std::optional<ringlet::cancel_scope> scope;
            if (random.chance(0.4))
                scope.emplace(random.between(0us, 2ms));
            received = co_await subscription.receive(error);
        }
        sometimes(error == std::errc::timed_out, "a receiver is cancelled");
        if (error == std::errc::no_buffer_space) {
            always(from->policy == slow_receivers::disconnect, "only that policy disconnects");
            reached("a slow receiver is disconnected");
            break;
        }
        if (!error && !received) {
            always(from->items.closed(), "receiving ends only once a broadcast is closed");
            break;
        }
        if (received) {
            const std::uint64_t missed = subscription.missed();
            always(missed == 0 || from->policy == slow_receivers::drop_oldest,
                   "only that policy has items missed");
            sometimes(missed > 0, "a slow receiver misses items");
            // The sender may not know yet of the last item before the subscription.
            if (!first)
                always(**received == next + missed, "each item comes, or is told to be missed");
            always(**received >= next, "items come in their order");
            next = **received + 1;
            first = false;
        }
        if (random.chance(0.4))
            co_await ringlet::sleep_for(random.between(0us, 8ms));
    }
    --from->receivers_left;
}

template <class Broadcast>
task<> play(simulation& sim, bool on_several_hosts) {
    random_source& random = sim.random();
    constexpr std::array policies{slow_receivers::wait, slow_receivers::drop_oldest,
                                  slow_receivers::disconnect};
    const auto broadcast = std::make_shared<shared<Broadcast>>(
        random.between(1, 5), policies[random.below(policies.size())]);
    const std::uint64_t receivers = random.between(0, 5);
    broadcast->receivers_left = receivers;
    sim.host("host0").spawn(
        [broadcast, random = random_source(sim.seed(), "sender"), count = random.between(0, 60)] {
            return send_many(broadcast, random, count);
        });
    for (std::uint64_t i = 0; i < receivers; ++i)
        sim.host("host" + std::to_string(on_several_hosts ? i % 3 : 0))
            .spawn([broadcast, random = random_source(sim.seed(), "receiver" + std::to_string(i))] {
                return receive_some(broadcast, random);
            });
    co_await sim.calm();
    always(broadcast->items.closed(), "the sender ends");
    always(broadcast->receivers_left == 0, "each receiver ends");
    always(broadcast->items.subscriptions() == 0, "no subscription is left");
    always(broadcast->items.size() == 0, "what all have received is not held");
}

void broadcast_in_one_loop(simulate_options options) {
    run_campaign("broadcast in one loop", options,
                 [](simulation& sim) { return play<ringlet::broadcast<item>>(sim, false); });
}

void broadcast_between_loops(simulate_options options) {
    run_campaign("broadcast between loops", options, [](simulation& sim) {
        return play<ringlet::concurrent_broadcast<item>>(sim, true);
    });
}

const std::vector<std::string> expected{"a sender is cancelled", "a receiver is cancelled",
                                        "a slow receiver is disconnected",
                                        "a slow receiver misses items"};

TEST_CASE("campaign: a broadcast in one loop", "[testing][campaign]") {
    broadcast_in_one_loop(tries(500, expected));
}

TEST_CASE("campaign: a broadcast between loops", "[testing][campaign]") {
    broadcast_between_loops(tries(500, expected));
}

}  // namespace tests::campaigns::broadcasts
