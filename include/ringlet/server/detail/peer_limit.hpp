#pragma once

#include <ringlet/net/address.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace ringlet::detail {

/// How many connections each peer has, so that none takes them all. A peer is an IPv4 host, or the
/// network that the first bits of an IPv6 address name: by default 64 of them, since the owner of
/// one such address has the whole of its network to choose from. An IPv4 host that comes to an IPv6
/// socket (::ffff:192.0.2.1) is an IPv4 host.
///
/// Unix peers, and those whose address is not known, have no host and are never refused: what they
/// take together is bounded by the number of all connections.
///
/// Memory: one entry for each peer that is connected. Thread-safe. Lifetime: outlives every permit.
/// A forked child has a copy, whose permits are its own; the parent keeps a connection's permit for
/// as long as the child that serves it lives.
class peer_limit {
    using host = std::array<std::uint8_t, 16>;
    using counts = std::map<host, std::size_t>;

public:
    /// So many connections for each peer; 0 is any number, and nothing is counted. Throws
    /// std::invalid_argument for a prefix of more than 128 bits.
    explicit peer_limit(std::size_t connections_max, unsigned v6_prefix_length = 64);
    peer_limit(const peer_limit&) = delete;
    peer_limit& operator=(const peer_limit&) = delete;
    ~peer_limit();

    /// The permission for one connection of a peer, or none. It is given back when this ends, in
    /// whatever thread.
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
                limit_->give_back(peer_);
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
        counts::iterator peer_;
    };

    /// A permit for a connection of `peer`, whatever its port; none where the peer has its maximum.
    /// Throws std::bad_alloc.
    [[nodiscard]] permit try_acquire(const address& peer);

    /// How many permits the peer has.
    [[nodiscard]] std::size_t count(const address& peer) const;

private:
    /// The host that the peer is counted as; nothing where it has none.
    [[nodiscard]] std::optional<host> host_of(const address& peer) const noexcept;
    void give_back(counts::iterator peer) noexcept;

    std::size_t connections_max_;
    unsigned v6_prefix_length_;
    mutable std::mutex mutex_;
    counts counts_;
};

}  // namespace ringlet::detail
