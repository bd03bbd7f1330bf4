#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/server/server.hpp>
#include <ringlet/testing/simulate.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

/// What the campaigns have in common. A campaign is a scenario with the options under which it is
/// simulated; its test case tries a few of its seeds, and more where RINGLET_SEEDS or
/// RINGLET_SIMULATE_FOR says so.
namespace tests::campaigns {

using ringlet::task;
using ringlet::testing::always;
using ringlet::testing::reached;
using ringlet::testing::simulate_options;
using ringlet::testing::simulation;
using ringlet::testing::sometimes;

/// Simulates `body`: under a part of its seeds, unless the environment says how many. Where those
/// are many more than its own, it must have reached all that it expects. Where RINGLET_SIMULATE_FOR
/// has it run for longer, tells on stdout how many seeds were tried, and what they have reached.
void run_campaign(std::string_view name, simulate_options options,
                  const ringlet::testing::scenario& body);

/// Lets each operation of `body` fail in turn, as fail_each_operation does, without a word in the
/// log.
void run_each_failing(const simulate_options& options, const ringlet::testing::scenario& body);

/// The options of a campaign that reaches all that `expected` names under some `seeds` seeds.
[[nodiscard]] simulate_options tries(std::uint64_t seeds, std::vector<std::string> expected = {});

/// Faults that a program need not notice: connections are slow and come in pieces, but none is
/// refused, reset or lost.
[[nodiscard]] ringlet::testing::fault_options harmless_faults();

/// `size` bytes that are those of `number` alone, so that bytes of others show.
[[nodiscard]] std::string numbered_bytes(std::uint64_t number, std::size_t size);

/// Sends `text` in pieces of up to `piece_max` bytes, with pauses of up to `pause_max` behind some
/// of them, and ends the sending side.
[[nodiscard]] task<> send_in_pieces(ringlet::stream& to, const std::string& text,
                                    ringlet::testing::random_source random, std::uint64_t piece_max,
                                    std::chrono::nanoseconds pause_max);

/// Lets faults occur for a time that is drawn, up to a minute, and then waits until all has come to
/// rest.
[[nodiscard]] task<> chaos_then_calm(simulation& sim);

/// Checks the counters of a server that has ended serving.
void check_at_rest(const ringlet::server_counters& counters);

/// Checks the counters of a server after everything that happens.
void watch_counters(simulation& sim, std::shared_ptr<const ringlet::server> watched);

/// Serves on a host, as `co_await server->serve()`; the task owns the server with others.
template <class Server>
ringlet::testing::spawned_task serve_on(ringlet::testing::simulated_host& host,
                                        std::shared_ptr<Server> server) {
    return host.spawn([served = std::move(server)]() -> task<> { co_await served->serve(); });
}

/// Makes a server on a host, with the host's network.
template <class Server, class Handler>
std::shared_ptr<Server> make_server(ringlet::testing::simulated_host& host,
                                    const ringlet::address& local, Handler&& handler,
                                    ringlet::server_options options) {
    options.net = &host.loop().net();
    return std::make_shared<Server>(local, std::forward<Handler>(handler), options);
}

}  // namespace tests::campaigns
