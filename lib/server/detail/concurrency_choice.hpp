#pragma once

#include "child_accounts.hpp"
#include "executor.hpp"

#include <ringlet/server/server_options.hpp>

#include <functional>
#include <memory>

namespace ringlet::detail {

// What `server_options::concurrency` comes to.

/// How many workers a pool has.
[[nodiscard]] std::size_t worker_count(const server_options& options);

/// How many children there can be at a time.
[[nodiscard]] std::size_t children_max(const server_options& options);

/// Whether each worker of the pool has a socket of its own, all of them with one address.
[[nodiscard]] bool workers_share_address(const server_options& options) noexcept;

/// Whether the workers of the pool take requests themselves, instead of being given them.
[[nodiscard]] bool workers_take_requests(const server_options& options) noexcept;

/// Whether a request that has been received can be handled only by who has received it: then none
/// is to be received ahead, since another process might be free for it.
[[nodiscard]] bool in_processes(const server_options& options) noexcept;

/// What handles requests that are taken in `owner`. For children, see request_children.
[[nodiscard]] std::unique_ptr<executor>
make_executor(loop& owner, const server_options& options, child_accounts& accounts,
              std::function<void(std::size_t slot)> enter_child, int shared_with_children);

}  // namespace ringlet::detail
