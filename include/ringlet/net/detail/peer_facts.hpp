#pragma once

#include <ringlet/net/peer_fact.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace ringlet::detail {

/// The facts that are known of a peer: none for most, and few for any.
class peer_facts {
public:
    /// Adds a fact, which goes before older ones of its type.
    void add(std::unique_ptr<peer_fact> fact) noexcept {
        fact->next_ = std::move(newest_);
        newest_ = std::move(fact);
    }

    /// The newest fact of a type; nullptr for none.
    template <std::derived_from<peer_fact> Fact>
    [[nodiscard]] const Fact* find() const noexcept {
        for (const peer_fact* known = newest_.get(); known != nullptr; known = known->next_.get())
            if (const auto* const found = dynamic_cast<const Fact*>(known))
                return found;
        return nullptr;
    }

private:
    std::unique_ptr<peer_fact> newest_;
};

}  // namespace ringlet::detail
