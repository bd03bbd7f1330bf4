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
/// network that the first bits of an IPv6 address name: by default 64 of them, since whoever has
/// one such address has the whole of its network to choose from. An IPv4 host that comes to an IPv6
/// socket (::ffff:192.0.2.1) is an IPv4 host.
///
/// Unix peers, and those whose address is not known, have no host and are never refused: what they
/// take together is bounded by the number of all connections.
///
/// Memory: one entry for each peer that is connected. Thread-safe. Lifetime: outlives every place.
/// A forked child has a copy, whose places are its own; the parent keeps a connection's place for
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

    /// One of a peer's places, or none. It is given back when this ends, in whatever thread.
    class place {
    public:
        place() noexcept = default;
        place(place&& other) noexcept { swap(other); }
        place& operator=(place&& other) noexcept {
            place(std::move(other)).swap(*this);
            return *this;
        }
        ~place() {
            if (limit_ != nullptr)
                limit_->leave(peer_);
        }

        /// Whether the peer was let in.
        [[nodiscard]] explicit operator bool() const noexcept { return entered_; }

    private:
        friend class peer_limit;

        void swap(place& other) noexcept {
            std::swap(entered_, other.entered_);
            std::swap(limit_, other.limit_);
            std::swap(peer_, other.peer_);
        }

        bool entered_ = false;
        peer_limit* limit_ = nullptr;
        counts::iterator peer_;
    };

    /// A place for a connection of `peer`, whatever its port; none where it has its maximum. Throws
    /// std::bad_alloc.
    [[nodiscard]] place try_enter(const address& peer);

    /// How many places the peer has.
    [[nodiscard]] std::size_t count(const address& peer) const;

private:
    /// What the peer is counted as; nothing where it has no host.
    [[nodiscard]] std::optional<host> host_of(const address& peer) const noexcept;
    void leave(counts::iterator peer) noexcept;

    std::size_t connections_max_;
    unsigned v6_prefix_length_;
    mutable std::mutex mutex_;
    counts counts_;
};

}  // namespace ringlet::detail
