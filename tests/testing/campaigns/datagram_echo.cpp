#include "campaign.hpp"
#include "catch.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/connect_datagram.hpp>
#include <ringlet/server/udp_server.hpp>
#include <ringlet/server/unix_datagram_server.hpp>

#include <array>
#include <cstring>
#include <set>

// Every server of datagrams answers each datagram that reaches it once: an answer is never mixed
// with another, and comes twice only where the network doubles datagrams. Clients are connected or
// not, and ask one by one or in bursts.

namespace tests::campaigns::datagram_echo {

using namespace std::chrono_literals;
using ringlet::datagram_request;
using ringlet::datagram_socket;
using ringlet::testing::random_source;

constexpr int port = 9999;
constexpr std::uint64_t packets_max = 30;
constexpr std::size_t packet_max = 3000;

/// What a packet is: its number, and the bytes that belong to that number.
std::string packet_of(std::uint64_t number) {
    random_source random(number, "packet");
    std::string packet = numbered_bytes(number, sizeof(number) + random.below(packet_max));
    std::memcpy(packet.data(), &number, sizeof(number));
    return packet;
}

struct outcome {
    std::size_t sent = 0;
    std::size_t answered = 0;  // packets
    std::size_t answers = 0;
    std::size_t handled = 0;
    std::set<std::uint64_t> handled_numbers;
    bool doubles = false;  // the network may
};

task<> echo(datagram_request& request, std::shared_ptr<outcome> all) {
    const std::span<std::byte> packet = request.packet();
    std::uint64_t number = 0;
    always(packet.size() >= sizeof(number), "a packet is as large as it was");
    std::memcpy(&number, packet.data(), sizeof(number));
    const std::string expected = packet_of(number);
    always(expected ==
               std::string_view(reinterpret_cast<const char*>(packet.data()), packet.size()),
           "a packet comes as it was sent");
    ++all->handled;
    const bool first = all->handled_numbers.insert(number).second;
    always(first || all->doubles, "a packet comes twice only where the network doubles it");
    if (number % 3 == 0)
        co_await ringlet::sleep_for(std::chrono::milliseconds(number % 7));
    co_await request.reply(packet);
}

/// A client: sends packets of its own numbers, and takes the answers.
class client {
public:
    client(datagram_socket socket, ringlet::address server, std::uint64_t first,
           std::shared_ptr<outcome> all)
        : socket_(std::move(socket)), server_(server), first_(first), random_(first, "client"),
          all_(std::move(all)) {}

    task<> run() {
        const std::uint64_t count = random_.between(1, packets_max);
        co_await ringlet::task_group::run([&](ringlet::task_group& group) {
            group.spawn(receive());
            return send(group, count);
        });
        co_await socket_.close();
        all_->answered += answered_.size();
    }

private:
    task<> send(ringlet::task_group& group, std::uint64_t count) {
        co_await ringlet::sleep_for(random_.between(0us, 100ms));
        for (next_ = first_; next_ < first_ + count;) {
            const std::string packet = packet_of(next_++);
            std::error_code error;
            if (server_.family() == AF_UNSPEC)
                co_await socket_.send(packet, error);
            else
                co_await socket_.send_to(packet, server_, error);
            sometimes(!!error, "a send fails");
            if (!error)
                ++all_->sent;
            if (random_.chance(0.3))
                co_await ringlet::sleep_for(random_.between(0us, 50ms));
        }
        co_await ringlet::sleep_for(20s);
        group.cancel();
    }

    task<> receive() {
        std::array<char, packet_max + 100> buffer;
        for (;;) {
            std::error_code error;
            const auto got =
                co_await socket_.recv(std::as_writable_bytes(std::span(buffer)), error);
            if (error == std::errc::operation_canceled)
                co_return;
            if (!error)
                note({buffer.data(), got.size});
        }
    }

    void note(std::string_view answer) {
        std::uint64_t number = 0;
        always(answer.size() >= sizeof(number), "an answer is as large as it was");
        std::memcpy(&number, answer.data(), sizeof(number));
        always(number >= first_ && number < next_, "an answer is for the one who has asked");
        always(answer == packet_of(number), "an answer is what was sent");
        ++all_->answers;
        const bool first = answered_.insert(number).second;
        always(first || all_->doubles, "an answer comes twice only where the network doubles it");
    }

    datagram_socket socket_;
    ringlet::address server_;  // no address for a socket that is connected
    std::uint64_t first_;
    std::uint64_t next_ = 0;
    random_source random_;
    std::shared_ptr<outcome> all_;
    std::set<std::uint64_t> answered_;
};

task<> ask(ringlet::address server, bool connected, std::uint64_t first,
           std::shared_ptr<outcome> all) {
    if (connected || server.family() == AF_UNIX) {
        datagram_socket socket = co_await ringlet::connect_datagram(server);
        client asking(std::move(socket), {}, first, std::move(all));
        co_await asking.run();
    } else {
        const ringlet::address any(server.family() == AF_INET ? "" : "::", 0);
        client asking(datagram_socket(any), server, first, std::move(all));
        co_await asking.run();
    }
}

ringlet::server_options draw_options(random_source& random, bool over_unix) {
    ringlet::server_options options;
    options.datagrams.binding.v6_only = false;
    if (random.chance(0.5)) {
        options.concurrency = ringlet::concurrency::threads;
        options.workers = random.between(1, 3);
        if (!over_unix && random.chance(0.5))
            options.to_workers = ringlet::server_options::hand_over::reuse_port;
    }
    if (random.chance(0.5))
        options.receiving.packets_max = random.between(1, 5);
    if (random.chance(0.5))
        options.receiving.batch_max = random.between(1, 5);
    if (random.chance(0.3))
        options.max_connections = random.between(1, 4);
    options.receiving.packet_size_max = packet_max + 100;
    return options;
}

void check(const ringlet::server_counters& counters, const outcome& all, bool harmless) {
    check_at_rest(counters);
    always(counters.packets_received == counters.accepted, "each packet received is a request");
    always(all.handled == counters.finished + counters.failed.total(), "each request was handled");
    always(counters.packets_sent >= all.answered, "answers are counted");
    always(all.doubles || counters.packets_sent >= all.answers,
           "no answer comes that was not sent");
    sometimes(counters.failed.total() > 0, "a reply fails");
    if (!harmless) {
        sometimes(all.answered < all.sent, "an answer is lost");
        sometimes(all.answers > all.answered, "an answer comes twice");
    } else {
        always(all.answered + counters.failed.total() == all.sent,
               "without loss each packet is answered, or its handler hears of an error");
    }
}

task<> play(simulation& sim, bool harmless, bool over_unix) {
    auto& host = sim.host("server");
    const auto all = std::make_shared<outcome>();
    all->doubles = !harmless;
    const auto handler = [all](datagram_request& request) { return echo(request, all); };
    const ringlet::server_options options = draw_options(sim.random(), over_unix);
    std::shared_ptr<ringlet::datagram_server> server;
    if (over_unix)
        server = make_server<ringlet::unix_datagram_server>(
            host, ringlet::address::unix_path("@echo"), handler, options);
    else
        server =
            make_server<ringlet::udp_server>(host, ringlet::address("::", port), handler, options);
    watch_counters(sim, server);
    const auto serving = serve_on(host, server);
    const std::uint64_t clients = sim.random().between(1, 4);
    for (std::uint64_t i = 0; i < clients; ++i) {
        auto& from = over_unix ? host : sim.host(i % 2 == 0 ? "one" : "other");
        const ringlet::address at = over_unix                  ? server->server_address()
                                    : sim.random().chance(0.5) ? host.address(port)
                                                               : host.ipv6_address(port);
        from.spawn([at, connected = sim.random().chance(0.5), first = 1000 * (i + 1), all] {
            return ask(at, connected, first, all);
        });
    }
    co_await chaos_then_calm(sim);
    server->shutdown(1min);
    co_await serving.join();
    check(server->counters(), *all, harmless);
}

void echo_over_udp(simulate_options options) {
    run_campaign("echo over UDP", options, [](simulation& sim) { return play(sim, false, false); });
}

/// The network neither loses nor doubles.
void echo_over_udp_without_loss(simulate_options options) {
    options.faults = harmless_faults();
    options.faults.datagram_lost = options.faults.datagram_duplicated = options.faults.cut = 0;
    run_campaign("echo over UDP without loss", options,
                 [](simulation& sim) { return play(sim, true, false); });
}

void echo_over_unix_datagrams(simulate_options options) {
    run_campaign("echo over Unix datagrams", options,
                 [](simulation& sim) { return play(sim, true, true); });
}

TEST_CASE("campaign: echo over UDP", "[testing][campaign]") {
    echo_over_udp(tries(300, {"an answer is lost", "an answer comes twice"}));
}

TEST_CASE("campaign: echo over UDP without loss", "[testing][campaign]") {
    echo_over_udp_without_loss(tries(300));
}

TEST_CASE("campaign: echo over Unix datagrams", "[testing][campaign]") {
    echo_over_unix_datagrams(tries(300));
}

}  // namespace tests::campaigns::datagram_echo
