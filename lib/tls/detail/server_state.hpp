#pragma once

#include "base/detail/shared_memory.hpp"
#include "counter_block.hpp"
#include "key_log.hpp"
#include "server_material.hpp"
#include "ticket_keys.hpp"
#include "watched_files.hpp"

#include <ringlet/base/log_throttle.hpp>
#include <ringlet/tls/server_context.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>

namespace ringlet::tls::detail {

/// What is behind a server_context: the material that is in use, the means to replace it, and what
/// outlasts each material.
///
/// Thread-safe. Lifetime: it outlives its connections, each of which holds a share of it.
class server_state {
public:
    /// Throws as server_context does.
    explicit server_state(server_context_options options);
    server_state(const server_state&) = delete;
    server_state& operator=(const server_state&) = delete;

    /// The material for a new connection: where the files have changed, that which is in them now.
    [[nodiscard]] std::shared_ptr<const server_material> material();

    /// Reads everything again: see server_context.
    std::error_code reload();

    [[nodiscard]] std::optional<ticket_keys>& tickets() noexcept { return tickets_; }
    [[nodiscard]] const key_log& keys() const noexcept { return key_log_; }
    [[nodiscard]] counter_block& counts() const noexcept { return *counts_; }
    [[nodiscard]] std::chrono::milliseconds handshake_timeout() const noexcept {
        return options_.handshake_timeout;
    }
    [[nodiscard]] std::chrono::milliseconds close_timeout() const noexcept {
        return options_.close_timeout;
    }

private:
    bool use(std::shared_ptr<const server_material> made, std::uint64_t reload);
    [[nodiscard]] std::shared_ptr<const server_material> present() const;

    server_context_options options_;
    key_log key_log_;
    std::optional<ticket_keys> tickets_;
    ringlet::detail::shared_memory<counter_block> counts_{1};
    log_throttle failed_reloads_;
    watched_files files_;
    std::atomic<std::uint64_t> reloads_begun_{0};
    // Guarded by a state_lock.
    std::uint64_t reload_in_use_ = 0;
    std::shared_ptr<const server_material> material_;
};

}  // namespace ringlet::tls::detail
