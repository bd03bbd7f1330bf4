#include "tls/detail/engine.hpp"

#include "byte_pattern.hpp"
#include "catch.hpp"
#include "tls/engine_pair.hpp"

#include <ringlet/tls/errc.hpp>

#include <openssl/ssl.h>

#include <array>
#include <string>
#include <vector>

namespace tests::tls_engine {

using ringlet::const_buffer;
using ringlet::tls::client_context;
using ringlet::tls::errc;
using ringlet::tls::server_context;
using engine = engine_pair::engine;
using step = engine_pair::step;

namespace {

/// The lengths of the records in `bytes`, by their headers.
std::vector<std::size_t> records_of(std::string_view bytes) {
    std::vector<std::size_t> lengths;
    while (bytes.size() >= 5) {
        const auto high = static_cast<unsigned char>(bytes[3]);
        const auto low = static_cast<unsigned char>(bytes[4]);
        lengths.push_back(high * 256U + low);
        bytes.remove_prefix(std::min(bytes.size(), 5 + lengths.back()));
    }
    return lengths;
}

server_context only(ringlet::tls::version spoken) {
    auto options = server_options();
    options.version_min = options.version_max = spoken;
    return server_context(options);
}

constexpr std::size_t record_overhead = 17;  // of TLS 1.3: the kind of the record, and its tag

}  // namespace

TEST_CASE("a handshake and data survive every cut of their bytes", "[tls]") {
    const server_context server(server_options());
    auto options = client_options();
    options.sessions_max = 0;
    const client_context client(options);
    std::size_t longest = 1;
    for (std::size_t at = 1; at <= longest; ++at) {
        engine_pair pair(server, client);
        bool first = true;
        const auto reached = pair.shake_hands([&](std::string_view flight) {
            longest = std::max(longest, flight.size());
            return std::exchange(first, !first) ? std::min(at, flight.size()) : flight.size();
        });
        REQUIRE(reached.first == step::done);
        REQUIRE(reached.second == step::done);
        REQUIRE(engine_pair::carry(pair.client, pair.server, "question") == "question");
        REQUIRE(engine_pair::carry(pair.server, pair.client, "answer") == "answer");
    }
    CHECK(longest > 500);
}

TEST_CASE("a handshake and data survive one byte at a time", "[tls]") {
    const auto spoken = GENERATE(ringlet::tls::version::tls1_2, ringlet::tls::version::tls1_3);
    engine_pair pair(only(spoken));
    const auto reached = pair.shake_hands([](std::string_view) { return 1U; });
    CHECK(reached.first == step::done);
    CHECK(reached.second == step::done);
    const std::string text = byte_pattern(20'000);
    const std::array buffers{const_buffer(text)};
    CHECK(pair.client.write(buffers) == text.size());
    const std::string sent = engine_pair::output_of(pair.client);
    std::string received;
    for (const char byte : sent)
        received += engine_pair::read_all(pair.server, std::string_view(&byte, 1));
    CHECK((received == text));
}

TEST_CASE("data goes both ways, in pieces of any size", "[tls]") {
    const auto spoken = GENERATE(ringlet::tls::version::tls1_2, ringlet::tls::version::tls1_3);
    engine_pair pair(only(spoken));
    pair.shake_hands();
    for (const std::size_t size : {1U, 100U, 16'384U, 16'385U, 100'000U, 1'000'000U}) {
        const std::string text = byte_pattern(size);
        CHECK((engine_pair::carry(pair.client, pair.server, text) == text));
        CHECK((engine_pair::carry(pair.server, pair.client, text) == text));
    }
}

TEST_CASE("small buffers go in one record together, and large ones fill theirs", "[tls]") {
    engine_pair pair;
    pair.shake_hands();
    const std::string head(100, 'h');
    const std::string body(1000, 'b');
    const std::array two{const_buffer(head), const_buffer(body)};
    CHECK(pair.client.write(two) == 1100);
    const std::string small = engine_pair::output_of(pair.client);
    CHECK(records_of(small) == std::vector<std::size_t>{1100 + record_overhead});
    CHECK(engine_pair::read_all(pair.server, small) == head + body);

    const std::string large(20'000, 'l');
    const std::array mixed{const_buffer(head), const_buffer(""), const_buffer(large)};
    CHECK(pair.client.write(mixed) == 20'100);
    const std::string both = engine_pair::output_of(pair.client);
    CHECK(records_of(both) ==
          std::vector<std::size_t>{engine::record_max + record_overhead,
                                   20'100 - engine::record_max + record_overhead});
    CHECK(engine_pair::read_all(pair.server, both) == head + large);

    CHECK(pair.client.write(mixed, 20'099) == 1);
    CHECK(engine_pair::read_all(pair.server, engine_pair::output_of(pair.client)) == "l");
    CHECK(pair.client.write(mixed, 20'100) == 0);
    CHECK_FALSE(pair.client.has_output());
}

TEST_CASE("what does not fit into a buffer is kept for the next read", "[tls]") {
    engine_pair pair;
    pair.shake_hands();
    const std::array text{const_buffer("0123456789")};
    std::string sent;
    for (int i = 0; i < 3; ++i) {
        CHECK(pair.client.write(text) == 10);
        sent += engine_pair::output_of(pair.client);
    }
    std::array<char, 4> few{};
    std::string received;
    std::size_t size = 0;
    CHECK(pair.server.peek(engine_pair::bytes(sent)) == step::done);
    for (step reached = pair.server.read(few, size); reached == step::done;
         reached = pair.server.read(few, size)) {
        CHECK(size > 0);
        received.append(few.data(), size);
        CHECK(pair.server.peek() == (received.size() < 30 ? step::done : step::needs_input));
    }
    CHECK(received == "012345678901234567890123456789");
}

TEST_CASE("close_notify ends a side, and the other goes on", "[tls]") {
    engine_pair pair;
    pair.shake_hands();
    pair.client.end_sending();
    CHECK(pair.client.sending_ended());
    CHECK(engine_pair::next_step(pair.server, engine_pair::output_of(pair.client)) == step::ended);
    CHECK(engine_pair::carry(pair.server, pair.client, "answer") == "answer");
    pair.server.end_sending();
    pair.server.end_sending();
    CHECK(engine_pair::next_step(pair.client, engine_pair::output_of(pair.server)) == step::ended);
    CHECK(engine_pair::next_step(pair.client) == step::ended);
    CHECK_FALSE(pair.client.error());
    CHECK_FALSE(pair.server.error());
}

TEST_CASE("an end without close_notify is an error, after what has come", "[tls]") {
    engine_pair pair;
    pair.shake_hands();
    const std::array text{const_buffer("a part")};
    CHECK(pair.client.write(text) == 6);
    const std::string sent = engine_pair::output_of(pair.client);
    pair.server.end_input();
    CHECK(engine_pair::read_all(pair.server, sent) == "a part");
    CHECK(engine_pair::next_step(pair.server) == step::failed);
    CHECK(pair.server.error() == errc::stream_truncated);
    CHECK(engine_pair::next_step(pair.server) == step::failed);
    CHECK(pair.server.error() == errc::stream_truncated);
    CHECK(pair.server.write(text) == 0);
}

TEST_CASE("an end within a record is an error, wherever it comes", "[tls]") {
    const server_context server(server_options());
    const client_context client(client_options());
    const std::array text{const_buffer("whole")};
    for (std::size_t cut = 1; cut < 5 + 5 + record_overhead; ++cut) {
        engine_pair pair(server, client);
        pair.shake_hands();
        CHECK(pair.client.write(text) == 5);
        const std::string sent = engine_pair::output_of(pair.client);
        CHECK(engine_pair::read_all(pair.server, std::string_view(sent).substr(0, cut)).empty());
        pair.server.end_input();
        CHECK(engine_pair::next_step(pair.server) == step::failed);
        CHECK(pair.server.error() == errc::stream_truncated);
    }
}

TEST_CASE("an end in the middle of a handshake is an error", "[tls]") {
    engine_pair pair;
    CHECK(pair.client.handshake() == step::needs_input);
    const std::string hello = engine_pair::output_of(pair.client);
    CHECK(pair.server.handshake(engine_pair::bytes(hello)) == step::needs_input);
    pair.server.end_input();
    CHECK(pair.server.handshake() == step::failed);
    CHECK(pair.server.error() == errc::handshake_cut_off);
    CHECK_FALSE(pair.server.established());
}

TEST_CASE("what is no TLS fails at once, and says what it is", "[tls]") {
    struct spoken {
        std::string text;
        errc error;
    };
    for (const spoken& each : {spoken{"GET / HTTP/1.1\r\n\r\n", errc::plain_http},
                               spoken{"POST /form HTTP/1.1\r\n", errc::plain_http},
                               spoken{"SSH-2.0-OpenSSH_9.2p1\r\n", errc::not_tls},
                               spoken{std::string(1000, '\xff'), errc::not_tls}}) {
        CAPTURE(each.text);
        engine_pair pair;
        CHECK(pair.server.handshake(engine_pair::bytes(each.text)) == step::failed);
        CHECK(pair.server.error() == each.error);
    }
}

TEST_CASE("a record that is too long or damaged fails the connection, with an alert", "[tls]") {
    engine_pair pair;
    pair.shake_hands();
    std::string broken;
    SECTION("too long") {
        broken = std::string("\x17\x03\x03\xff\xff", 5) + std::string(70'000, 'x');
    }
    SECTION("damaged") {
        const std::array text{const_buffer("fragile")};
        CHECK(pair.client.write(text) == 7);
        broken = engine_pair::output_of(pair.client);
        broken.back() = static_cast<char>(broken.back() ^ 1);
    }
    CHECK(engine_pair::next_step(pair.server, broken) == step::failed);
    CHECK(pair.server.error().category() == ringlet::tls::category());
    CHECK(pair.server.has_output());
    CHECK(engine_pair::next_step(pair.client, engine_pair::output_of(pair.server)) == step::failed);
    CHECK(pair.client.error().message().find("alert") != std::string::npos);
}

TEST_CASE("keys are updated both ways, under load", "[tls]") {
    engine_pair pair;
    pair.shake_hands();
    const std::string text = byte_pattern(30'000);
    for (int round = 0; round < 20; ++round) {
        CHECK(SSL_key_update(&pair.client.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
        CHECK((engine_pair::carry(pair.client, pair.server, text) == text));
        CHECK((engine_pair::carry(pair.server, pair.client, text) == text));
        CHECK(SSL_key_update(&pair.server.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
        CHECK((engine_pair::carry(pair.server, pair.client, text) == text));
        CHECK((engine_pair::carry(pair.client, pair.server, text) == text));
    }
}

TEST_CASE("an end takes its next key before one has encrypted too many records", "[tls]") {
    const auto spoken = GENERATE(ringlet::tls::version::tls1_2, ringlet::tls::version::tls1_3);
    engine_pair pair(only(spoken));
    pair.shake_hands();
    int updates = 0;
    SSL_set_msg_callback(&pair.server.ssl(), [](int sent, int, int kind, const void* message,
                                                std::size_t size, SSL*, void* counted) {
        const auto* const first = static_cast<const unsigned char*>(message);
        if (sent == 0 && kind == SSL3_RT_HANDSHAKE && size > 0 && *first == SSL3_MT_KEY_UPDATE)
            ++*static_cast<int*>(counted);
    });
    SSL_set_msg_callback_arg(&pair.server.ssl(), &updates);
    pair.client.records_per_key = 3;
    for (int i = 0; i < 3; ++i)
        CHECK(engine_pair::carry(pair.client, pair.server, "record") == "record");
    CHECK(updates == 0);
    for (int i = 0; i < 4; ++i)
        CHECK(engine_pair::carry(pair.client, pair.server, "record") == "record");
    CHECK(updates == (spoken == ringlet::tls::version::tls1_3 ? 2 : 0));
    CHECK(engine_pair::carry(pair.server, pair.client, "answer") == "answer");
    const std::string text = byte_pattern(200'000);
    CHECK((engine_pair::carry(pair.client, pair.server, text) == text));
}

TEST_CASE("output stays where it is while more is made", "[tls]") {
    engine_pair pair;
    pair.shake_hands();
    const std::array text{const_buffer("first")};
    CHECK(pair.client.write(text) == 5);
    const std::string_view first = pair.client.output();
    const std::string copy(first);
    const std::string more = byte_pattern(30'000);
    const std::array many{const_buffer(more)};
    CHECK(pair.client.write(many) == more.size());
    CHECK(pair.client.output().data() == first.data());
    CHECK(pair.client.output() == copy);
    pair.client.sent(3);
    CHECK(pair.client.output() == copy.substr(3));
    const std::string rest = engine_pair::output_of(pair.client);
    CHECK((engine_pair::read_all(pair.server, copy.substr(0, 3) + rest) == "first" + more));
}

TEST_CASE("a record that would not fit is left for the next read", "[tls]") {
    engine_pair pair;
    pair.shake_hands();
    const std::string text = byte_pattern(engine::record_max);
    const std::array buffers{const_buffer(text)};
    CHECK(pair.client.write(buffers) == text.size());
    CHECK(pair.client.write(buffers) == text.size());
    const std::string records = engine_pair::output_of(pair.client);
    std::string buffer(engine::record_max + 1'000, ' ');
    std::size_t size = 0;
    const ringlet::mutable_buffer room(buffer.data(), buffer.size());
    CHECK(pair.server.read(room, size, engine_pair::bytes(records)) == step::done);
    CHECK(size == text.size());
    CHECK(pair.server.read(room, size) == step::done);
    CHECK(size == text.size());
}

TEST_CASE("a client of TLS 1.2 cannot negotiate anew", "[tls]") {
    engine_pair pair(only(ringlet::tls::version::tls1_2));
    pair.shake_hands();
    SSL_clear_options(&pair.client.ssl(), SSL_OP_NO_RENEGOTIATION);
    CHECK(SSL_renegotiate(&pair.client.ssl()) == 1);
    static_cast<void>(pair.client.handshake());
    const std::string hello = engine_pair::output_of(pair.client);
    CHECK_FALSE(hello.empty());
    CHECK(engine_pair::next_step(pair.server, hello) == step::needs_input);
    const std::string refusal = engine_pair::output_of(pair.server);
    CHECK(records_of(refusal).size() == 1);  // the alert no_renegotiation
    CHECK(refusal[0] == 21);
}

TEST_CASE("a peer that makes this end answer without end is given up", "[tls]") {
    engine_pair pair(only(ringlet::tls::version::tls1_2));
    pair.shake_hands();
    step reached = step::needs_input;
    int asked = 0;
    // A HelloRequest, which a client answers with an alert, since it does not negotiate anew.
    while (reached == step::needs_input && asked < 10'000) {
        SSL_clear_options(&pair.server.ssl(), SSL_OP_NO_RENEGOTIATION);
        SSL_renegotiate(&pair.server.ssl());
        static_cast<void>(pair.server.handshake());
        const std::string request = engine_pair::output_of(pair.server);
        if (request.empty())
            break;
        reached = engine_pair::next_step(pair.client, request);
        ++asked;
    }
    CHECK(reached == step::failed);
    CHECK(pair.client.error() == errc::too_much_to_answer);
}

}  // namespace tests::tls_engine
