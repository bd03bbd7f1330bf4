#pragma once

#include <ringlet/net/address.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace ringlet::detail {

/// Counts the connections of each peer, so that no peer takes them all. A peer is an IPv4 host, or
/// the network that the first bits of an IPv6 address name: by default 64 bits, since the owner of
/// one IPv6 address can choose any address of its network. An IPv4 host that connects to an IPv6
/// socket (::ffff:192.0.2.1) counts as an IPv4 host.
///
/// A Unix peer, and a peer whose address is not known, has no host and is never refused. The limit
/// of all connections bounds the number of these peers.
///
/// Memory: one entry for each connected peer. Thread-safe. Lifetime: the limit outlives every
/// permit. A forked child has a copy with permits of its own; the parent keeps a connection's
/// permit for as long as the child that serves the connection lives.
class peer_limit {
    using host = std::array<std::uint8_t, 16>;

public:
    /// A limit of `connections_max` connections for each peer; with 0 a peer may have any number,
    /// and none is counted. Throws std::invalid_argument for a prefix of more than 128 bits,
    /// std::bad_alloc.
    explicit peer_limit(std::size_t connections_max, unsigned v6_prefix_length = 64);
    peer_limit(const peer_limit&) = delete;
    peer_limit& operator=(const peer_limit&) = delete;
    ~peer_limit();

    /// The permission for one connection of a peer, or none. The destructor gives the permission
    /// back, in any thread.
    class permit {
    public:
        permit() noexcept = default;
        permit(permit&& other) noexcept { swap(other); }
        permit& operator=(permit&& other) noexcept {
            permit(std::move(other)).swap(*this);
            return *this;
        }
        ~permit() {
            if (limit_ != nullptr)
                limit_->give_back(*peer_);
        }

        /// Whether the connection is permitted.
        [[nodiscard]] explicit operator bool() const noexcept { return permitted_; }

    private:
        friend class peer_limit;

        void swap(permit& other) noexcept {
            std::swap(permitted_, other.permitted_);
            std::swap(limit_, other.limit_);
            std::swap(peer_, other.peer_);
        }

        bool permitted_ = false;
        peer_limit* limit_ = nullptr;
        const host* peer_ = nullptr;  // in the table, while there is a limit
    };

    /// A permit for a connection of `peer`, from any port; no permission where the peer has its
    /// maximum. Throws std::bad_alloc.
    [[nodiscard]] permit try_acquire(const address& peer);

    /// The number of permits that the peer has.
    [[nodiscard]] std::size_t count(const address& peer) const;

private:
    /// The host that the peer counts as; no value where the peer has no host.
    [[nodiscard]] std::optional<host> host_of(const address& peer) const noexcept;
    void give_back(const host& peer) noexcept;

    struct table;

    std::size_t connections_max_;
    unsigned v6_prefix_length_;
    std::unique_ptr<table> table_;
};

}  // namespace ringlet::detail
