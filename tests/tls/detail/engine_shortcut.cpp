// What an engine does with a shortcut past its buffers.

#include "tls/detail/engine.hpp"

#include "byte_pattern.hpp"
#include "catch.hpp"
#include "tls/engine_pair.hpp"

#include <ringlet/tls/errc.hpp>

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace tests::tls_engine_shortcut {

using ringlet::const_buffer;
using ringlet::tls::errc;
using engine = engine_pair::engine;
using step = engine_pair::step;

namespace {

/// Takes so many bytes at a time as it has room for, and gives what it has.
struct short_way final : engine::shortcut {
    std::ptrdiff_t receive(ringlet::mutable_buffer into) noexcept override {
        const std::size_t count = std::min(into.size(), to_come.size());
        if (count == 0)
            return ended ? 0 : -1;
        to_come.copy(static_cast<char*>(into.data()), count);
        to_come.erase(0, count);
        return static_cast<std::ptrdiff_t>(count);
    }

    std::size_t send(const_buffer records, bool more) noexcept override {
        const std::size_t count = std::min(room, records.size());
        gone.append(static_cast<const char*>(records.data()), count);
        room -= count;
        others_follow.push_back(more);
        return count;
    }

    std::string to_come;
    bool ended = false;
    std::string gone;
    std::size_t room = 1'000'000;
    std::vector<bool> others_follow;
};

}  // namespace

TEST_CASE("what is written takes the shortcut, and what does not fit is output", "[tls]") {
    engine_pair pair;
    pair.shake_hands();
    short_way way;
    pair.client.use(way);
    const std::string text = byte_pattern(30'000);
    const std::array buffers{const_buffer(text)};
    CHECK(pair.client.write(buffers) == text.size());
    CHECK_FALSE(pair.client.has_output());
    CHECK(way.others_follow == std::vector<bool>{true, false});
    CHECK((engine_pair::read_all(pair.server, std::exchange(way.gone, {})) == text));

    way.room = 20'000;
    CHECK(pair.client.write(buffers) == text.size());
    CHECK(way.gone.size() == 20'000);
    CHECK(pair.client.has_output());
    way.room = 1'000'000;
    CHECK(pair.client.write(buffers) == text.size());  // behind what waits
    CHECK(way.gone.size() == 20'000);
    const std::string received =
        engine_pair::read_all(pair.server, way.gone + engine_pair::output_of(pair.client));
    CHECK((received == text + text));
}

TEST_CASE("what is read takes the shortcut, while there may be something", "[tls]") {
    engine_pair pair;
    pair.shake_hands();
    short_way way;
    pair.server.use(way);
    const std::string text = byte_pattern(150'000);
    std::string records;
    for (std::size_t taken = 0; taken < text.size();) {
        taken += pair.client.write(std::array{const_buffer(text)}, taken);
        records += engine_pair::output_of(pair.client);
    }
    way.to_come = records;
    CHECK(engine_pair::next_step(pair.server) == step::needs_input);
    CHECK(way.to_come.size() == records.size());
    pair.server.note_receivable(true);
    std::string received = engine_pair::read_all(pair.server, {});
    CHECK((received == text.substr(0, received.size())));
    CHECK(way.to_come.empty());
    CHECK((received == text));

    way.ended = true;
    CHECK(engine_pair::next_step(pair.server) == step::needs_input);
    pair.server.note_receivable(true);
    CHECK(engine_pair::next_step(pair.server) == step::failed);
    CHECK(pair.server.error() == errc::stream_truncated);
}

TEST_CASE("a call receives from the shortcut once, whatever comes", "[tls]") {
    engine_pair pair;
    pair.shake_hands();
    short_way way;
    pair.server.use(way);
    while (way.to_come.size() < 2 * engine::read_ahead_max) {
        CHECK(SSL_key_update(&pair.client.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
        static_cast<void>(pair.client.handshake());
        way.to_come += engine_pair::output_of(pair.client);
    }
    pair.server.note_receivable(true);
    CHECK(engine_pair::next_step(pair.server) == step::needs_input);
    CHECK(way.to_come.size() >= engine::read_ahead_max);
    CHECK(engine_pair::next_step(pair.server) == step::needs_input);
    CHECK(way.to_come.size() < engine::read_ahead_max);
}

TEST_CASE("others follow where more has come than was read", "[tls]") {
    engine_pair pair;
    pair.shake_hands();
    short_way way;
    pair.server.use(way);
    const std::array text{const_buffer("question")};
    CHECK(pair.client.write(text) == 8);
    CHECK(pair.client.write(text) == 8);
    std::array<char, 8> buffer;
    std::size_t size = 0;
    const std::string records = engine_pair::output_of(pair.client);
    CHECK(pair.server.read(buffer, size, engine_pair::bytes(records)) == step::done);
    CHECK(size == 8);
    CHECK(pair.server.write(text) == 8);
    CHECK(pair.server.read(buffer, size) == step::done);
    CHECK(pair.server.write(text) == 8);
    CHECK(way.others_follow == std::vector<bool>{true, false});
}

}  // namespace tests::tls_engine_shortcut
