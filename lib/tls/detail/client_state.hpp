#pragma once

#include "base/detail/shared_memory.hpp"
#include "counter_block.hpp"
#include "key_log.hpp"
#include "openssl.hpp"
#include "session_cache.hpp"

#include <ringlet/tls/client_context.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringlet::tls::detail {

class engine;

/// What is behind a client_context. Thread-safe. Lifetime: it outlives its connections, each of
/// which holds a share of it.
class client_state {
public:
    /// Throws as client_context does.
    explicit client_state(const client_context_options& options);
    client_state(const client_state&) = delete;
    client_state& operator=(const client_state&) = delete;

    [[nodiscard]] SSL_CTX& context() const noexcept { return *context_; }

    /// Has the connection of `prepared`, which has not begun, ask for `host` and accept nobody
    /// else. It takes up the last session with `host` and `port`, if there is one. Throws
    /// std::invalid_argument for what is no host.
    void prepare(engine& prepared, std::string host, int port);

    [[nodiscard]] std::optional<session_cache>& sessions() noexcept { return sessions_; }
    [[nodiscard]] const key_log& keys() const noexcept { return key_log_; }
    [[nodiscard]] counter_block& counts() const noexcept { return *counts_; }
    [[nodiscard]] std::chrono::milliseconds handshake_timeout() const noexcept {
        return handshake_timeout_;
    }
    [[nodiscard]] std::chrono::milliseconds close_timeout() const noexcept {
        return close_timeout_;
    }

    /// Whether the client has offered the protocol that the server has chosen, or it has chosen
    /// none.
    [[nodiscard]] bool has_offered(std::string_view protocol) const noexcept;

    /// Whether a name is needed, since the peer is verified.
    [[nodiscard]] bool verifies() const noexcept { return verifies_; }

private:
    void trust(const client_context_options& options);

    key_log key_log_;
    context_pointer context_;
    bool verifies_;
    std::chrono::milliseconds handshake_timeout_;
    std::chrono::milliseconds close_timeout_;
    std::vector<std::string> protocols_;  // of ALPN
    std::optional<session_cache> sessions_;
    ringlet::detail::shared_memory<counter_block> counts_{1};
};

/// The host as it is verified: without the final dot of a whole name, and without the zone of an
/// IPv6 address. Throws std::invalid_argument for an empty one, or what can be no host.
[[nodiscard]] std::string verified_host(std::string host);

}  // namespace ringlet::tls::detail
