// What a peer may send, to both engines: in the middle of a handshake, and behind one.

#include "tls/engine_pair.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using engine = engine_pair::engine;
using step = engine_pair::step;

/// Passes on what `from` has to say to `to`, up to a few flights.
void carry_handshake(engine& from, engine& to) {
    for (int flights = 0; flights < 4 && (from.has_output() || to.has_output()); ++flights) {
        static_cast<void>(to.handshake(engine_pair::bytes(engine_pair::output_of(from))));
        static_cast<void>(from.handshake(engine_pair::bytes(engine_pair::output_of(to))));
    }
}

/// Has `fed` take `input` in pieces of `piece` bytes, as a layer does.
void feed(engine& fed, std::string_view input, std::size_t piece) {
    step reached = step::needs_input;
    while (reached == step::needs_input && !fed.established()) {
        const std::string_view next = input.substr(0, piece);
        input.remove_prefix(next.size());
        if (next.empty())
            fed.end_input();
        reached = fed.handshake(engine_pair::bytes(next));
    }
    std::array<char, 100> plain;
    for (int i = 0; i < 1000 && reached != step::failed && reached != step::ended; ++i) {
        std::size_t size = 0;
        if (reached == step::needs_input) {
            const std::string_view next = input.substr(0, piece);
            input.remove_prefix(next.size());
            if (next.empty())
                fed.end_input();
            reached = fed.peek(engine_pair::bytes(next));
        }
        if (reached == step::done)
            reached = fed.read(plain, size);
        if (reached == step::done && size == 0)
            std::abort();
    }
    if (reached == step::failed && !fed.error())
        std::abort();
    fed.end_sending();
    static_cast<void>(engine_pair::output_of(fed));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const ringlet::tls::server_context server(server_options());
    static const ringlet::tls::client_context client(client_options());
    if (size < 2)
        return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
    const std::size_t piece = std::size_t{data[1]} + 1;
    engine_pair pair(server, client);
    static_cast<void>(pair.client.handshake());
    const bool to_client = (data[0] & 1U) != 0;
    if ((data[0] & 2U) != 0)
        carry_handshake(pair.client, pair.server);
    feed(to_client ? pair.client : pair.server, input, piece);
    return 0;
}
