#pragma once

#include "certificates.hpp"
#include "tls/detail/client_state.hpp"
#include "tls/detail/engine.hpp"
#include "tls/detail/server_state.hpp"

#include <ringlet/tls/client_context.hpp>
#include <ringlet/tls/server_context.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

/// The options of a server with the tests' own certificate.
inline ringlet::tls::server_context_options server_options() {
    ringlet::tls::server_context_options options;
    options.identities.push_back(certificates::own().server().identity());
    return options;
}

/// The options of a client that trusts the tests' own authority.
inline ringlet::tls::client_context_options client_options() {
    ringlet::tls::client_context_options options;
    options.authorities = ringlet::tls::pem::file(certificates::own().authority());
    return options;
}

/// Why no context can be made of `options` once `change` has changed them.
template <class Context, class Options, class Change>
std::string refusal_by(Options options, const Change& change) {
    change(options);
    try {
        const Context made(options);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "it can be made";
}

/// A client's engine and a server's, between which the test carries the bytes.
class engine_pair {
public:
    using engine = ringlet::tls::detail::engine;
    using step = engine::step;

    explicit engine_pair(const ringlet::tls::server_context& server_context =
                             ringlet::tls::server_context(server_options()),
                         const ringlet::tls::client_context& client_context =
                             ringlet::tls::client_context(client_options()),
                         const std::string& host = "localhost")
        : server_state_(server_context.state()), client_state_(client_context.state()),
          material_(server_state_->material()),
          client(client_state_->context(), engine::role::client),
          server(material_->first_context(), engine::role::server) {
        client_state_->prepare(client, host, 0);
    }

private:
    std::shared_ptr<ringlet::tls::detail::server_state> server_state_;
    std::shared_ptr<ringlet::tls::detail::client_state> client_state_;
    std::shared_ptr<const ringlet::tls::detail::server_material> material_;

public:
    engine client;
    engine server;

    /// Takes all bytes that are for the peer.
    static std::string output_of(engine& from) {
        std::string all;
        while (from.has_output()) {
            const std::string_view next = from.output();
            all += next;
            from.sent(next.size());
        }
        return all;
    }

    static std::span<const std::byte> bytes(std::string_view text) {
        return std::as_bytes(std::span(text));
    }

    /// Has both ends go on until neither has anything to say, and carries their bytes in pieces:
    /// `cut(flight)` says how long the next piece is.
    template <class Cut>
    std::pair<step, step> shake_hands(const Cut& cut) {
        step client_step = client.handshake();
        step server_step = server.handshake();
        const auto carry = [&](engine& from, engine& to, step& reached) {
            const std::string flight = output_of(from);
            for (std::string_view left = flight; !left.empty();) {
                const std::string_view piece = left.substr(0, std::max<std::size_t>(cut(left), 1));
                left.remove_prefix(piece.size());
                reached = to.handshake(bytes(piece));
            }
        };
        while (client.has_output() || server.has_output()) {
            carry(client, server, server_step);
            carry(server, client, client_step);
        }
        return {client_step, server_step};
    }

    std::pair<step, step> shake_hands() {
        return shake_hands([](std::string_view flight) { return flight.size(); });
    }

    /// Sends `text` from one end, and gives what the other has received of it.
    static std::string carry(engine& from, engine& to, std::string_view text) {
        const std::array buffers{ringlet::const_buffer(text)};
        std::string received;
        for (std::size_t taken = 0; taken < text.size();) {
            const std::size_t count = from.write(buffers, taken);
            if (count == 0)
                break;
            taken += count;
            received += read_all(to, output_of(from));
        }
        return received;
    }

    /// All plaintext that comes of `input`.
    static std::string read_all(engine& to, std::string_view input) {
        std::string received;
        std::array<char, 4096> piece;
        std::size_t size = 0;
        for (step reached = to.read(piece, size, bytes(input)); reached == step::done;
             reached = to.read(piece, size))
            received.append(piece.data(), size);
        return received;
    }

    /// How an end of the connection finds the other, if nothing more comes.
    static step next_step(engine& of, std::string_view input = {}) {
        std::array<char, 4096> piece;
        std::size_t size = 0;
        return of.read(piece, size, bytes(input));
    }
};
