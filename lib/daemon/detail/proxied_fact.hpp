#pragma once

#include <ringlet/daemon/proxy_header.hpp>
#include <ringlet/net/peer_fact.hpp>

#include <utility>

namespace ringlet::daemon::detail {

/// What a proxy has said of a client.
class proxied_fact final : public peer_fact {
public:
    explicit proxied_fact(proxy_header said) noexcept : header_(std::move(said)) {}

    [[nodiscard]] const proxy_header& header() const noexcept { return header_; }

private:
    proxy_header header_;
};

}  // namespace ringlet::daemon::detail
