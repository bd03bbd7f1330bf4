// The example itself, word for word, but for its `main`, which nobody calls here.
#define main chat_server_main
#include "../../../examples/chat_server.cpp"
#undef main

#include "campaign.hpp"
#include "catch.hpp"

#include <array>

// What the example's `main` calls.
int run_program(int /*argc*/, char** /*argv*/, const std::string& /*description*/,
                std::string /*address*/,
                const std::function<void(const ringlet::address&)>& /*body*/) {
    return 1;
}

// The chat server of the examples, with guests that talk, change rooms, read slowly, and go without
// a word: each line of a guest reaches those in its room in order, and all are gone at the end.

namespace tests::campaigns::chat {

using namespace std::chrono_literals;
using ringlet::stream;
using ringlet::testing::random_source;

constexpr int port = 9999;
constexpr std::uint64_t of_guest = 1000;  // numbers of lines

struct outcome {
    std::size_t greeted = 0;
    std::size_t heard = 0;    // lines of others
    std::size_t goodbye = 0;  // said by the server
};

/// A guest's ear: checks that the lines of each other guest come in their order.
class ear {
public:
    explicit ear(std::shared_ptr<outcome> all) : all_(std::move(all)) {}

    void hear(std::string_view line) {
        all_->greeted += line.starts_with("* hello") ? 1U : 0U;
        all_->goodbye += line == "* goodbye" ? 1U : 0U;
        const std::size_t colon = line.find(": ");
        if (line.starts_with('*') || colon == line.npos)
            return;
        const std::uint64_t number = std::stoull(std::string(line.substr(colon + 2)));
        std::uint64_t& before = last_[number / of_guest];
        always(number > before, "the lines of a guest come in their order");
        before = number;
        ++all_->heard;
    }

private:
    std::shared_ptr<outcome> all_;
    std::map<std::uint64_t, std::uint64_t> last_;  // by guest: a name may be taken again
};

task<> listen(stream& from, ear& listening, random_source random, bool slow) {
    ringlet::reader in(from);
    while (const auto line = co_await in.read_until("\n")) {  // no line that is cut off
        listening.hear(*line);
        if (slow)
            co_await ringlet::sleep_for(random.between(0us, 2s));
    }
}

task<> talk(stream& to, std::string name, std::uint64_t number, random_source random) {
    co_await to.send_all("/nick " + name + "\n");
    const std::uint64_t lines = random.chance(0.2) ? random.between(100, 300) : random.below(60);
    for (std::uint64_t i = 1; i <= lines; ++i) {
        if (random.chance(0.1))
            co_await to.send_all("/join room" + std::to_string(random.below(2)) + "\n");
        else if (random.chance(0.05))
            co_await to.send_all("/who is there\n");
        else
            co_await to.send_all(std::to_string(of_guest * number + i) +
                                 std::string(random.below(300), ' ') + "\n");
        if (random.chance(0.3))
            co_await ringlet::sleep_for(random.between(0us, 500ms));
    }
    if (random.chance(0.5))
        co_await to.send_all("/quit\n");
    else if (random.chance(0.5))
        co_await ringlet::sleep_for(random.between(0us, 10s));
    else
        co_await to.end_sending();
}

task<> visit(ringlet::address server, std::string name, std::uint64_t seed,
             std::shared_ptr<outcome> all) {
    random_source random(seed, name);
    co_await ringlet::sleep_for(random.between(0us, 1s));
    try {
        stream connection = co_await ringlet::connect(server);
        ear listening(all);
        const bool slow = random.chance(0.2);
        const auto both_ways = [&](ringlet::task_group& group) {
            group.spawn(talk(connection, name, seed, random));
            group.spawn(listen(connection, listening, random, slow));
        };
        if (random.chance(0.2))
            co_await ringlet::with_timeout(random.between(0us, 5s),
                                           ringlet::task_group::run(both_ways));
        else
            co_await ringlet::task_group::run(both_ways);
        co_await connection.close();
    } catch (const std::system_error&) {
        reached("a guest fails");
    }
}

task<> play(simulation& sim) {
    auto& host = sim.host("server");
    const auto all = std::make_shared<outcome>();
    ringlet::server_options options;
    options.drain_timeout = {};
    const auto server = make_server<chat_server>(host, ringlet::address("", port),
                                                 ringlet::handler<guest>, options);
    const auto serving = serve_on(host, server);
    watch_counters(sim, server);
    const std::uint64_t guests = sim.random().between(1, 6);
    for (std::uint64_t i = 0; i < guests; ++i)
        sim.host("host" + std::to_string(i % 2))
            .spawn([at = host.address(port), name = "guest" + std::to_string(i % 5),
                    seed = 10 * sim.seed() + i, all] { return visit(at, name, seed, all); });
    co_await ringlet::sleep_for(sim.random().between(0us, 30s));
    if (sim.random().chance(0.5))
        co_await sim.calm();
    server->shutdown();
    co_await serving.join();
    check_at_rest(server->counters());
    always(server->guests.empty(), "no guest is left");
    co_await sim.calm();
    sometimes(all->heard > 0, "a guest hears another");
    sometimes(all->greeted == guests, "all guests are greeted");
    sometimes(all->goodbye > 0, "the server says goodbye");
    sometimes(server->counters().failed.other > 0, "a guest is too slow, or quits in between");
}

void chat_in_rooms(simulate_options options) {
    options.faults.window_min = 20;
    options.faults.window_max = 2000;
    run_campaign("chat", options, play);
}

TEST_CASE("campaign: chat", "[testing][campaign]") {
    chat_in_rooms(
        tries(150, {"a guest hears another", "the server says goodbye", "a guest fails"}));
}

}  // namespace tests::campaigns::chat
