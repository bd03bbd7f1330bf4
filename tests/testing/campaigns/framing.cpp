#include "campaign.hpp"
#include "catch.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/stream_errc.hpp>
#include <ringlet/net/writer.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <array>

// Messages in every frame that a reader knows, written by a writer, cut into pieces by the network,
// and read with reads that are cancelled at any moment: each message comes whole, a read that fails
// takes no byte, and a message in which the stream ends does not come.

namespace tests::campaigns::framing {

using namespace std::chrono_literals;
using ringlet::stream;
using ringlet::testing::random_source;

constexpr int port = 9999;
constexpr std::size_t message_max = 3000;

/// How a message is framed.
enum class frame { line, delimited, counted, counted_into, skipped, peeked, count };

/// The messages of a connection, by its number: both ends know them.
class messages {
public:
    explicit messages(std::uint64_t number) : random_(number, "messages") {}

    /// Draws the next message.
    void next() {
        framed = static_cast<frame>(random_.below(static_cast<std::uint64_t>(frame::count)));
        text = numbered_bytes(random_(), random_.below(message_max));
        for (char& byte : text)
            byte = static_cast<char>('a' + static_cast<unsigned char>(byte) % 26);
    }

    frame framed{};
    std::string text;

private:
    random_source random_;
};

constexpr std::string_view delimiter = "\r\n.\r\n";

task<> write(ringlet::writer<stream>& out, const messages& given) {
    switch (given.framed) {
    case frame::line:
        co_await out.print(given.text, "\r\n");
        break;
    case frame::delimited:
        co_await out.write(given.text);
        co_await out.print(delimiter);
        break;
    default:
        co_await out.print(given.text.size(), '\n', given.text);
        break;
    }
}

struct plan {
    std::uint64_t number = 0;
    std::uint64_t count = 0;
    std::size_t buffer_size = 0;
    bool cancels = false;
    bool cut_off = false;  // the sender ends within a message
};

/// Reads messages, and awaits a read again that was cancelled.
class receiver {
public:
    receiver(stream& from, const plan& given)
        : in_(from, {.buffer_size = given.buffer_size}), given_(given),
          random_(given.number, "receiver"), expected_(given.number) {}

    task<std::uint64_t> receive_all() {
        std::uint64_t received = 0;
        for (; received < given_.count; ++received) {
            expected_.next();
            co_await receive_one();
        }
        std::error_code error;
        if (given_.cut_off) {
            co_await in_.read_exactly(co_await read_size(), error);
            always(!!error, "a message that is cut off does not come");
        } else {
            const auto end = co_await in_.read_line(error);
            always(error || !end, "behind the last message is the end");
        }
        co_return received;
    }

private:
    /// Awaits what `begin(error)` returns until it is not cancelled, and gives its text.
    template <class Begin>
    task<std::string> insist(Begin begin) {
        for (;;) {
            const std::string before(in_.buffered());
            std::error_code error;
            std::string text;
            {
                std::optional<ringlet::cancel_scope> scope;
                if (given_.cancels && random_.chance(0.5))
                    scope.emplace(random_.between(0us, 30ms));
                auto read = co_await begin(error);
                if constexpr (requires { read.has_value(); }) {
                    if (!error && !read)
                        throw std::system_error(
                            make_error_code(ringlet::stream_errc::end_of_stream));
                    if (read)
                        text = *read;
                } else {
                    text = read;
                }
            }
            if (!error)
                co_return text;
            if (error != std::errc::timed_out)
                throw std::system_error(error);
            reached("a read is cancelled");
            always(in_.buffered().starts_with(before), "a read that fails takes no byte");
        }
    }

    task<std::size_t> read_size() {
        const std::string line =
            co_await insist([this](std::error_code& error) { return in_.read_line(error); });
        co_return static_cast<std::size_t>(std::stoull(line));
    }

    task<> receive_one() {
        std::string text;
        switch (expected_.framed) {
        case frame::line:
            text = co_await insist([this](std::error_code& error) { return in_.read_line(error); });
            break;
        case frame::delimited:
            text = co_await insist(
                [this](std::error_code& error) { return in_.read_until(delimiter, error); });
            break;
        case frame::counted: {
            const std::size_t size = co_await read_size();
            text = co_await insist(
                [this, size](std::error_code& error) { return in_.read_exactly(size, error); });
            break;
        }
        case frame::counted_into: {
            text.resize(co_await read_size());
            if (!text.empty())
                co_await in_.read_exactly(std::as_writable_bytes(std::span(text)));
            break;
        }
        case frame::skipped: {
            const std::size_t size = co_await read_size();
            always(co_await in_.skip(size) == size, "as many bytes are skipped as there are");
            text = expected_.text;
            break;
        }
        default: {
            const std::size_t size = co_await read_size();
            const std::string peeked = co_await insist(
                [this, size](std::error_code& error) { return in_.peek(size, error); });
            text = co_await insist(
                [this, size](std::error_code& error) { return in_.read_exactly(size, error); });
            always(peeked == text || peeked.size() < size, "what was peeked at is read");
            break;
        }
        }
        always(text == expected_.text, "a message comes as it was sent");
    }

    ringlet::reader<stream> in_;
    plan given_;
    random_source random_;
    messages expected_;
};

struct outcome {
    std::uint64_t received = 0;
    std::size_t whole = 0;
};

task<> send_all(ringlet::address server, plan given) {
    try {
        stream connection = co_await ringlet::connect(server);
        random_source random(given.number, "sender");
        messages sent(given.number);
        ringlet::writer out(connection, {.buffer_size = random.below(2) * given.buffer_size});
        for (std::uint64_t i = 0; i < given.count; ++i) {
            sent.next();
            co_await write(out, sent);
            if (random.chance(0.2))
                co_await out.flush();
            if (random.chance(0.2))
                co_await ringlet::sleep_for(random.between(0us, 100ms));
        }
        if (given.cut_off)
            co_await out.print(message_max, '\n', std::string(random.below(message_max), 'x'));
        co_await out.flush();
        co_await connection.end_sending();
        std::array<std::byte, 1> nothing;
        co_await connection.recv(nothing);
        co_await connection.close();
    } catch (const std::system_error&) {
        reached("a sender fails");
    }
}

plan draw_plan(simulation& sim) {
    random_source& random = sim.random();
    return {.number = sim.seed(),
            .count = random.between(1, 20),
            .buffer_size = random.chance(0.2) ? random.below(3) : random.between(1, 10'000),
            .cancels = random.chance(0.7),
            .cut_off = random.chance(0.3)};
}

task<> play(simulation& sim, bool harmless) {
    auto& host = sim.host("server");
    const auto all = std::make_shared<outcome>();
    const plan given = draw_plan(sim);
    const auto handler = [given, all](stream& client) -> task<> {
        receiver receiving(client, given);
        all->received = co_await receiving.receive_all();
        ++all->whole;
    };
    const auto server =
        make_server<ringlet::tcp_server>(host, ringlet::address("", port), handler, {});
    const auto serving = serve_on(host, server);
    sim.host("client").spawn([at = host.address(port), given] { return send_all(at, given); });
    co_await chaos_then_calm(sim);
    server->shutdown(1min);
    co_await serving.join();
    check_at_rest(server->counters());
    sometimes(all->whole > 0, "all messages come");
    if (harmless)
        always(all->received == given.count, "without loss all messages come");
}

void framing_under_faults(simulate_options options) {
    options.faults.window_min = 20;
    run_campaign("framing", options, [](simulation& sim) { return play(sim, false); });
}

void framing_without_loss(simulate_options options) {
    options.faults = harmless_faults();
    options.faults.window_min = 20;
    run_campaign("framing without loss", options, [](simulation& sim) { return play(sim, true); });
}

TEST_CASE("campaign: framing", "[testing][campaign]") {
    framing_under_faults(
        tries(300, {"all messages come", "a read is cancelled", "a sender fails"}));
}

TEST_CASE("campaign: framing without loss", "[testing][campaign]") {
    framing_without_loss(tries(300, {"all messages come", "a read is cancelled"}));
}

}  // namespace tests::campaigns::framing
