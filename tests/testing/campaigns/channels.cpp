#include "campaign.hpp"
#include "catch.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/channel.hpp>
#include <ringlet/coro/concurrent_channel.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <map>
#include <memory>

// Coroutines of one loop, or of several, send and receive through a channel, and are cancelled at
// any moment: each item that was sent is received once, in the order of its sender, and an item
// that was not sent is still its sender's.

namespace tests::campaigns::channels {

using namespace std::chrono_literals;
using ringlet::testing::random_source;

using item = std::unique_ptr<const std::uint64_t>;

constexpr std::uint64_t of_sender = 1'000'000;  // numbers of one sender

/// What a run has seen.
struct outcome {
    std::size_t sent = 0;
    std::size_t received = 0;
    std::size_t senders_left = 0;
    std::size_t receivers_left = 0;
};

/// A channel, and what has gone through it. The tasks of a run own it together.
template <class Channel>
struct shared {
    explicit shared(std::size_t capacity) : items(capacity) {}

    Channel items;
    outcome all;
    std::map<std::uint64_t, bool> received;  // by number
};

template <class Channel>
task<> send_one(shared<Channel>& to, random_source& random, std::uint64_t number) {
    item sent = std::make_unique<const std::uint64_t>(number);
    if (random.chance(0.3)) {
        if (to.items.try_send(std::move(sent)))
            ++to.all.sent;
        else
            always(sent && *sent == number, "an item that was not sent is as it was");
        co_return;
    }
    std::error_code error;
    {
        std::optional<ringlet::cancel_scope> scope;
        if (random.chance(0.4))
            scope.emplace(random.between(0us, 2ms));
        co_await to.items.send(std::move(sent), error);
    }
    sometimes(error == std::errc::timed_out, "a sender is cancelled");
    sometimes(error == std::errc::broken_pipe, "a sender finds the channel closed");
    if (error)
        always(sent && *sent == number, "an item that was not sent is as it was");
    else
        ++to.all.sent;
    always(error || !sent, "an item that was sent has gone");
}

template <class Channel>
task<> send_many(std::shared_ptr<shared<Channel>> to, random_source random, std::uint64_t first,
                 std::uint64_t count) {
    for (std::uint64_t i = 0; i < count && !to->items.closed(); ++i) {
        co_await send_one(*to, random, first + i);
        if (random.chance(0.3))
            co_await ringlet::sleep_for(random.between(0us, 3ms));
    }
    if (--to->all.senders_left == 0)
        to->items.close();
}

template <class Channel>
task<> receive_many(std::shared_ptr<shared<Channel>> from, random_source random) {
    std::map<std::uint64_t, std::uint64_t> last;  // of each sender
    for (bool ended = false; !ended;) {
        item received;
        std::error_code error;
        if (random.chance(0.2)) {
            if (auto tried = from->items.try_receive())
                received = *std::move(tried);
        } else {
            std::optional<ringlet::cancel_scope> scope;
            if (random.chance(0.4))
                scope.emplace(random.between(0us, 2ms));
            auto next = co_await from->items.receive(error);
            if (next)
                received = *std::move(next);
            ended = !error && !received;
            always(!ended || from->items.closed(), "receiving ends only once a channel is closed");
        }
        sometimes(error == std::errc::timed_out, "a receiver is cancelled");
        always(!error || !received, "a receive that fails gives no item");
        if (received) {
            ++from->all.received;
            always(!std::exchange(from->received[*received], true), "no item is received twice");
            std::uint64_t& before = last[*received / of_sender];
            always(before < *received, "items of a sender are received in their order");
            before = *received;
        }
        if (random.chance(0.3))
            co_await ringlet::sleep_for(random.between(0us, 3ms));
    }
    --from->all.receivers_left;
}

template <class Channel>
task<> play(simulation& sim, bool on_several_hosts) {
    random_source& random = sim.random();
    const auto channel = std::make_shared<shared<Channel>>(random.between(1, 5));
    const std::uint64_t senders = random.between(1, 4);
    const std::uint64_t receivers = random.between(1, 4);
    channel->all.senders_left = senders;
    channel->all.receivers_left = receivers;
    const auto host_of = [&](std::uint64_t index) -> ringlet::testing::simulated_host& {
        return sim.host("host" + std::to_string(on_several_hosts ? index % 3 : 0));
    };
    for (std::uint64_t i = 0; i < senders; ++i)
        host_of(i).spawn([channel, random = random_source(sim.seed(), "sender" + std::to_string(i)),
                          first = (i + 1) * of_sender, count = random.between(0, 40)] {
            return send_many(channel, random, first, count);
        });
    for (std::uint64_t i = 0; i < receivers; ++i)
        host_of(i + 1).spawn(
            [channel, random = random_source(sim.seed(), "receiver" + std::to_string(i))] {
                return receive_many(channel, random);
            });
    if (random.chance(0.2)) {
        co_await ringlet::sleep_for(random.between(0us, 50ms));
        channel->items.close();
    }
    co_await sim.calm();
    always(channel->all.senders_left == 0, "each sender ends");
    always(channel->all.receivers_left == 0, "each receiver ends");
    always(channel->items.size() == 0, "a channel that is closed is emptied");
    always(channel->all.sent == channel->all.received, "each item that was sent is received");
}

void channel_in_one_loop(simulate_options options) {
    run_campaign("channel in one loop", options,
                 [](simulation& sim) { return play<ringlet::channel<item>>(sim, false); });
}

void channel_between_loops(simulate_options options) {
    run_campaign("channel between loops", options, [](simulation& sim) {
        return play<ringlet::concurrent_channel<item>>(sim, true);
    });
}

const std::vector<std::string> expected{"a sender is cancelled", "a receiver is cancelled",
                                        "a sender finds the channel closed"};

TEST_CASE("campaign: a channel in one loop", "[testing][campaign]") {
    channel_in_one_loop(tries(500, expected));
}

TEST_CASE("campaign: a channel between loops", "[testing][campaign]") {
    channel_between_loops(tries(500, expected));
}

}  // namespace tests::campaigns::channels
