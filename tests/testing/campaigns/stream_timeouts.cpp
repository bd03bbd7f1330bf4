#include "campaign.hpp"
#include "catch.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <array>
#include <vector>

// Clients that are silent, trickle, never read, or lose their power: a server with timeouts is rid
// of each of them in time, by itself, and never of a client that keeps to the times.

namespace tests::campaigns::stream_timeouts {

using namespace std::chrono_literals;
using ringlet::server_options;
using ringlet::stream;
using ringlet::testing::random_source;
using nanoseconds = std::chrono::nanoseconds;

constexpr int port = 9999;

/// The ways of a client.
enum class habit { prompt, silent, trickles, never_reads, vanishes, count };

/// What limits a connection in a run.
enum class limit { idle, read_and_write, request, count };

struct outcome {
    std::size_t prompt = 0;         // clients that kept to the times
    std::size_t prompt_served = 0;  // of them
    std::size_t trickling = 0;
    nanoseconds longest{0};          // of all requests
    nanoseconds longest_silence{0};  // of clients that were sent away for it
};

/// What the server sends is large, so that a client that does not read stops it.
constexpr std::size_t answer_size = 300'000;

class answering_server : public ringlet::tcp_server {
public:
    answering_server(const ringlet::address& local, std::shared_ptr<outcome> all,
                     const server_options& options)
        : tcp_server(
              local, [this](stream& client) { return answer(client); }, options),
          all_(std::move(all)), answer_(answer_size, 'x') {}

private:
    /// Notes how long a request has taken, however it ends.
    class timed {
    public:
        timed(ringlet::loop& owner, outcome& all) : loop_(owner), all_(all), began_(owner.now()) {}
        timed(const timed&) = delete;
        timed& operator=(const timed&) = delete;
        ~timed() { all_.longest = std::max<nanoseconds>(all_.longest, loop_.now() - began_); }

    private:
        ringlet::loop& loop_;
        outcome& all_;
        ringlet::loop::clock::time_point began_;
    };

    // Each '?' is answered by a large answer.
    task<> answer(stream& client) {
        const timed noted(client.owner(), *all_);
        std::array<char, 100> buffer;
        while (const std::size_t count =
                   co_await client.recv(std::as_writable_bytes(std::span(buffer))))
            for (std::size_t i = 0; i < count; ++i)
                if (buffer[i] == '?')
                    co_await client.send_all(answer_);
    }

    std::shared_ptr<outcome> all_;
    const std::string answer_;
};

task<> ask_and_read(stream& server) {
    co_await server.send_all("?");
    std::vector<std::byte> buffer(20'000);
    for (std::size_t left = answer_size; left > 0;) {
        const std::size_t count = co_await server.recv(buffer);
        if (count == 0)
            throw std::system_error(std::make_error_code(std::errc::broken_pipe));
        left -= count;
    }
}

/// Says nothing until the server ends the connection.
task<> be_silent(stream& server, outcome& all) {
    const auto began = server.owner().now();
    std::array<std::byte, 1> nothing;
    co_await server.recv(nothing);
    all.longest_silence = std::max<nanoseconds>(all.longest_silence, server.owner().now() - began);
}

task<> visit(ringlet::address server, habit chosen, nanoseconds pause,
             std::shared_ptr<outcome> all) {
    all->prompt += chosen == habit::prompt ? 1U : 0U;
    all->trickling += chosen == habit::trickles ? 1U : 0U;
    try {
        stream connection = co_await ringlet::connect(server);
        switch (chosen) {
        case habit::prompt:
            co_await ask_and_read(connection);
            co_await ringlet::sleep_for(pause);
            co_await ask_and_read(connection);
            ++all->prompt_served;
            break;
        case habit::trickles:
            for (;;) {
                co_await connection.send_all(".");
                co_await ringlet::sleep_for(pause);
            }
        case habit::never_reads:
            co_await connection.send_all("???");
            co_await ringlet::sleep_for(1h);
            break;
        default:
            co_await be_silent(connection, *all);
            break;
        }
        co_await connection.close();
    } catch (const std::system_error& error) {
        sometimes(error.code() == std::errc::connection_reset, "a client is reset");
    }
}

/// A client that may be without power at any moment, and stays so.
task<> lose_power(ringlet::testing::simulated_host& host, nanoseconds after) {
    co_await ringlet::sleep_for(after);
    co_await host.stop();
}

server_options draw_options(random_source& random, limit chosen, std::chrono::milliseconds time) {
    server_options options;
    switch (chosen) {
    case limit::idle:
        options.stream_timeouts.idle = time;
        break;
    case limit::read_and_write:
        options.stream_timeouts.read = options.stream_timeouts.write = time;
        break;
    default:
        options.request_timeout = 10 * time;
        break;
    }
    if (random.chance(0.5)) {
        options.concurrency = ringlet::concurrency::threads;
        options.workers = random.between(1, 3);
    }
    if (random.chance(0.3))
        options.linger_timeout = 0ms;
    return options;
}

/// Checks a run without harm, long after each time is over.
void check(limit chosen, std::chrono::milliseconds time, const outcome& all,
           const ringlet::server_counters& counters) {
    const bool ends_all = chosen == limit::request;
    const nanoseconds longest = ends_all ? 10 * time : time;
    always(all.prompt_served == all.prompt, "a client that keeps to the times is served");
    always(all.longest_silence <= longest + 1s, "a silent client is sent away in time");
    always(counters.active == (ends_all ? 0 : all.trickling),
           "the clients that trickle are left, and no others");
    if (ends_all)
        always(all.longest <= longest + 1ms, "a request takes no longer than it may");
}

task<> play(simulation& sim, bool harmless) {
    random_source& random = sim.random();
    auto& host = sim.host("server");
    const auto all = std::make_shared<outcome>();
    const auto chosen = static_cast<limit>(random.below(static_cast<std::uint64_t>(limit::count)));
    const auto time = std::chrono::milliseconds(random.between(1000, 20'000));
    const server_options options = draw_options(random, chosen, time);
    const auto server =
        make_server<answering_server>(host, ringlet::address("", port), all, options);
    watch_counters(sim, server);
    const auto serving = serve_on(host, server);
    const std::uint64_t clients = random.between(1, 5);
    for (std::uint64_t i = 0; i < clients; ++i) {
        const auto habits =
            static_cast<habit>(random.below(static_cast<std::uint64_t>(habit::count)));
        auto& from = sim.host("client" + std::to_string(i));
        from.spawn([at = host.address(port), habits, pause = nanoseconds(time) / 2, all] {
            return visit(at, habits, pause, all);
        });
        if (habits == habit::vanishes)
            host.spawn(
                [&from, after = random.between(0us, 3s)] { return lose_power(from, after); });
    }
    co_await ringlet::sleep_for(5min);
    // Who trickles keeps to the time of `idle` and `read`, and goes on for ever.
    server->shutdown(1h);
    if (chosen == limit::request || !harmless)
        server->shutdown(1s);
    co_await ringlet::sleep_for(1min);
    const ringlet::server_counters counters = server->counters();
    sometimes(counters.failed.timed_out > 0, "a client is too slow");
    sometimes(counters.active > 0, "a client trickles on");
    if (harmless)
        check(chosen, time, *all, counters);
    server->shutdown(0s);
    co_await serving.join();
    check_at_rest(server->counters());
}

void timeouts_of_streams(simulate_options options) {
    options.faults.window_min = 3000;
    run_campaign("timeouts of streams", options, [](simulation& sim) { return play(sim, false); });
}

void timeouts_without_harm(simulate_options options) {
    options.faults = harmless_faults();
    options.faults.cut = 0;
    options.faults.window_min = 100'000;
    run_campaign("timeouts of streams without harm", options,
                 [](simulation& sim) { return play(sim, true); });
}

const std::vector<std::string> expected{"a client is too slow", "a client is reset"};

TEST_CASE("campaign: timeouts of streams", "[testing][campaign]") {
    timeouts_of_streams(tries(150, expected));
}

TEST_CASE("campaign: timeouts of streams without harm", "[testing][campaign]") {
    timeouts_without_harm(tries(150, {"a client is too slow", "a client trickles on"}));
}

}  // namespace tests::campaigns::stream_timeouts
