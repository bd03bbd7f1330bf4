#pragma once

#include <memory>

namespace ringlet {

namespace detail {
class peer_facts;
}  // namespace detail

/// Something that is known of a client or another peer beyond its address, such as what a proxy has
/// said of it. Its author derives from this class. A step before the handler attaches it to the
/// stream, or to the datagram_request, and the handler asks for it by its type:
///
///     connection.attach(std::make_unique<country_fact>("CH"));
///
///     if (const auto* known = client.fact<country_fact>())
///
/// Lifetime: the stream, or that to which it is moved, or which stands on it, owns the fact.
class peer_fact {
public:
    peer_fact() = default;
    peer_fact(const peer_fact&) = delete;
    peer_fact& operator=(const peer_fact&) = delete;
    virtual ~peer_fact() = default;

private:
    friend class detail::peer_facts;

    std::unique_ptr<peer_fact> next_;
};

}  // namespace ringlet
