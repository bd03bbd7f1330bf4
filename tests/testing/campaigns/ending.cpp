#include "campaign.hpp"
#include "catch.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <algorithm>
#include <array>
#include <optional>

// A server is shut down at any moment, in every way, and serves again: it ends within its grace, it
// finishes what it has accepted where the grace is long, and no connection outlives it.

namespace tests::campaigns::ending {

using namespace std::chrono_literals;
using ringlet::server_options;
using ringlet::stream;
using ringlet::testing::random_source;
using nanoseconds = std::chrono::nanoseconds;

constexpr int port = 9999;
constexpr std::uint64_t periods_max = 3;
constexpr std::size_t message_max = 3000;

/// The ways in which a server is told to end.
enum class way { shutdown, twice, in_a_handler, cancelled, count };

struct outcome {
    bool from_handler = false;  // the next handler shuts the server down
    nanoseconds grace{0};
    bool patient = false;           // each grace of the run is long
    std::vector<nanoseconds> ends;  // when the server was told to end
    std::size_t whole = 0;
    std::size_t refused = 0;  // by the system
    std::size_t cut_off = 0;
    std::size_t lost = 0;  // cut off though the client had connected well before the end
};

/// Whether a client that connected at this time may have come too late. The handshake ends at the
/// client a way and back before the server can accept it.
bool may_be_late(const outcome& all, nanoseconds connected_at) {
    return std::ranges::any_of(all.ends, [&](nanoseconds end) {
        return connected_at > end - 200ms && connected_at < end + 2s;
    });
}

class echo_server : public ringlet::tcp_server {
public:
    echo_server(const ringlet::address& local, std::shared_ptr<outcome> all,
                const server_options& options)
        : tcp_server(
              local, [this](stream& client) { return echo(client); }, options),
          all_(std::move(all)) {}

private:
    task<> echo(stream& client) {
        if (std::exchange(all_->from_handler, false))
            shutdown(all_->grace);
        std::array<std::byte, 500> buffer;
        while (const std::size_t count = co_await client.recv(buffer))
            co_await client.send_all(std::span(buffer).first(count));
    }

    std::shared_ptr<outcome> all_;
};

task<> send(stream& to, const std::string& text, nanoseconds pause) {
    co_await to.send_all(text);
    co_await ringlet::sleep_for(pause);
    co_await to.end_sending();
}

task<> receive(stream& from, std::string& received) {
    std::array<char, 700> buffer;
    while (const std::size_t count = co_await from.recv(std::as_writable_bytes(std::span(buffer))))
        received.append(buffer.data(), count);
}

task<> visit(simulation& sim, ringlet::address server, random_source random,
             std::shared_ptr<outcome> all) {
    co_await ringlet::sleep_for(random.between(0us, 2s));
    const std::string text = numbered_bytes(random(), random.between(1, message_max));
    std::optional<nanoseconds> connected_at;
    try {
        stream connection = co_await ringlet::connect(server);
        connected_at = sim.elapsed();
        std::string received;
        co_await ringlet::task_group::run([&](ringlet::task_group& group) {
            group.spawn(send(connection, text, random.between(0us, 200ms)));
            group.spawn(receive(connection, received));
        });
        always(text.starts_with(received), "what comes back is what was sent");
        co_await connection.close();
        if (received == text) {
            ++all->whole;
            co_return;
        }
    } catch (const std::system_error&) {
    }
    if (!connected_at)
        ++all->refused;
    else if (may_be_late(*all, *connected_at))
        ++all->cut_off;
    else
        ++all->lost;
}

server_options draw_options(random_source& random) {
    server_options options;
    if (random.chance(0.5)) {
        options.concurrency = ringlet::concurrency::threads;
        options.workers = random.between(1, 3);
        if (random.chance(0.5))
            options.to_workers = server_options::hand_over::reuse_port;
    }
    if (random.chance(0.3))
        options.max_connections = random.between(1, 3);
    if (random.chance(0.3))
        options.listening.accepted_ahead_max = random.below(3);
    if (random.chance(0.3))
        options.linger_timeout = 0ms;
    return options;
}

/// Serves once, and tells when that has ended.
task<> serve_once(std::shared_ptr<echo_server> server, std::optional<nanoseconds> cancelled_after) {
    if (!cancelled_after) {
        co_await server->serve();
        co_return;
    }
    try {
        const ringlet::cancel_scope scope(*cancelled_after);
        co_await server->serve();
    } catch (const std::system_error& error) {
        always(error.code() == std::errc::timed_out, "a server that was cancelled says so");
        reached("serving is cancelled");
    }
}

/// One period of serving, from its beginning to its end.
task<> serve_and_end(simulation& sim, std::shared_ptr<echo_server> server,
                     std::shared_ptr<outcome> all, bool harmless) {
    random_source& random = sim.random();
    auto& host = sim.host("server");
    auto chosen = static_cast<way>(random.below(static_cast<std::uint64_t>(way::count)));
    if (chosen == way::cancelled && all->patient)
        chosen = way::shutdown;
    const nanoseconds after = random.between(0us, 2500ms);
    all->grace = all->patient ? nanoseconds(10min) : random.between(0us, 1s);
    std::optional<nanoseconds> cancelled_after;
    if (chosen == way::cancelled) {
        cancelled_after = after;
        all->grace = server->options().drain_timeout;
    }
    const auto serving =
        host.spawn([server, cancelled_after] { return serve_once(server, cancelled_after); });
    co_await ringlet::sleep_for(after);
    const nanoseconds told_at = sim.elapsed();
    all->ends.push_back(told_at);
    switch (chosen) {
    case way::twice:
        server->shutdown(20min);
        co_await ringlet::sleep_for(random.between(0us, 100ms));
        server->shutdown(all->grace);
        break;
    case way::in_a_handler:
        all->from_handler = true;
        co_await ringlet::sleep_for(random.between(0us, 1s));
        sometimes(!all->from_handler, "a handler shuts its server down");
        if (std::exchange(all->from_handler, false))
            server->shutdown(all->grace);
        break;
    case way::cancelled:
        break;
    default:
        server->shutdown(all->grace);
        break;
    }
    co_await serving.join();
    // Beside the grace: until a handler begins, shutting down twice, lingering, and what comes
    // late.
    const nanoseconds took = sim.elapsed() - told_at;
    if (harmless)
        always(took <= all->grace + 1s + server->options().linger_timeout + 1s,
               "a server ends within its grace");
    check_at_rest(server->counters());
    sometimes(server->counters().failed.cancelled > 0, "a handler is cancelled");
    sometimes(took > 100ms, "a server waits for its handlers");
}

task<> play(simulation& sim, bool harmless) {
    auto& host = sim.host("server");
    const auto all = std::make_shared<outcome>();
    all->patient = sim.random().chance(0.5);
    const auto server =
        make_server<echo_server>(host, ringlet::address("", port), all, draw_options(sim.random()));
    watch_counters(sim, server);
    const std::uint64_t clients = sim.random().below(10);
    for (std::uint64_t i = 0; i < clients; ++i)
        sim.host(i % 2 == 0 ? "one" : "other")
            .spawn([&sim, at = host.address(port), all,
                    random = random_source(sim.seed() * 100 + i, "client")] {
                return visit(sim, at, random, all);
            });
    for (std::uint64_t period = sim.random().between(1, periods_max); period > 0; --period) {
        co_await serve_and_end(sim, server, all, harmless);
        if (sim.random().chance(0.5))
            co_await ringlet::sleep_for(sim.random().between(0us, 500ms));
    }
    if (sim.random().chance(0.5)) {
        server->server_close();
        bool refused = false;
        try {
            co_await server->serve();
        } catch (const std::logic_error&) {
            refused = true;
        }
        always(refused, "a server that is closed does not serve");
    }
    co_await sim.calm();
    always(host.open_sockets() <= 1, "no socket but the listening one is left");
    if (harmless && all->patient)
        always(all->lost == 0, "a client that a server has accepted is served to its end");
    sometimes(all->whole > 0, "an echo is whole");
    sometimes(all->refused > 0, "a client finds no server");
    sometimes(all->cut_off > 0, "a client is cut off");
    sometimes(all->lost > 0, "a client is cut off at the end of the grace");
}

void ending_at_any_moment(simulate_options options) {
    run_campaign("ending", options, [](simulation& sim) { return play(sim, false); });
}

void ending_without_harm(simulate_options options) {
    options.faults = harmless_faults();
    options.faults.cut = 0;
    run_campaign("ending without harm", options, [](simulation& sim) { return play(sim, true); });
}

const std::vector<std::string> expected{
    "an echo is whole",     "a client finds no server",        "a handler is cancelled",
    "serving is cancelled", "a handler shuts its server down", "a server waits for its handlers"};

TEST_CASE("campaign: a server ends at any moment", "[testing][campaign]") {
    ending_at_any_moment(tries(400, expected));
}

TEST_CASE("campaign: a server ends without harm", "[testing][campaign]") {
    ending_without_harm(tries(400, expected));
}

}  // namespace tests::campaigns::ending
