#pragma once

#include "secret.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ringlet::tls::detail {

/// The keys with which session tickets are sealed (RFC 5077, 4), which every process that was
/// forked from the maker knows without being told: time is divided into epochs, the secret of an
/// epoch is made from that of the epoch before, and keys are made from the epoch's secret and from
/// a digest of the certificates in use. Tickets of the present epoch and of the one before it are
/// opened; earlier secrets are forgotten when a key is next asked for in the process, and cannot be
/// computed from the later ones.
///
/// Thread-safe.
class ticket_keys {
public:
    using clock = std::chrono::steady_clock;  // one for all processes of a machine

    /// What seals tickets.
    struct key {
        std::array<unsigned char, 16> name;
        secret cipher;  ///< AES-256-CBC
        secret mac;     ///< HMAC-SHA-256
    };

    /// A key that opens a ticket, and whether the client should get a new ticket.
    struct found_key {
        tls::detail::ticket_keys::key key;
        bool outdated;
    };

    /// Begins the chain at `now` with a random secret. An epoch is as long as a ticket may be used.
    /// Throws std::system_error.
    explicit ticket_keys(std::chrono::seconds epoch, clock::time_point now = clock::now());

    /// The key for new tickets.
    [[nodiscard]] key current(std::string_view digest, clock::time_point now = clock::now());

    /// The key called `name`, if its tickets are still accepted.
    [[nodiscard]] std::optional<found_key> find(std::span<const unsigned char, 16> name,
                                                std::string_view digest,
                                                clock::time_point now = clock::now());

private:
    /// Those of the present epoch and of the one before.
    struct secrets {
        secret present{};
        std::optional<secret> previous{};
    };

    static secret derive(const secret& from, std::string_view purpose, std::string_view digest);
    static key key_of(const secret& epoch, std::string_view digest);
    secrets secrets_at(clock::time_point now);

    // Guarded by a state_lock.
    clock::duration epoch_length_;
    clock::time_point epoch_end_;
    secrets known_;
};

}  // namespace ringlet::tls::detail
