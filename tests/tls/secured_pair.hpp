#pragma once

#include "tls/engine_pair.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/net/stream_pair.hpp>
#include <ringlet/tls/client_context.hpp>
#include <ringlet/tls/server_context.hpp>
#include <ringlet/tls/upgrade.hpp>

#include <optional>
#include <string>
#include <system_error>
#include <utility>

/// The two ends of a connection that speaks TLS, and how their handshakes have ended.
class secured_pair {
public:
    secured_pair(
        ringlet::tls::server_context server_side = ringlet::tls::server_context(server_options()),
        ringlet::tls::client_context client_side = ringlet::tls::client_context(client_options()))
        : server_context(std::move(server_side)), client_context(std::move(client_side)) {}

    ringlet::tls::server_context server_context;
    ringlet::tls::client_context client_context;

    /// Makes the handshakes of both ends at the same time.
    ringlet::task<> secure(ringlet::stream plain_client, ringlet::stream plain_server,
                           std::string host = "localhost") {
        ringlet::detail::joinable_task_group group;
        group.spawn(keep(client_, ringlet::tls::upgrade(std::move(plain_client), client_context,
                                                        host, client_error)));
        group.spawn(keep(
            server_, ringlet::tls::upgrade(std::move(plain_server), server_context, server_error)));
        co_await group.join();
    }

    /// Makes both ends in memory; each direction holds `capacity` bytes.
    ringlet::task<> secure_in_memory(std::size_t capacity = 65'536,
                                     std::string host = "localhost") {
        ringlet::stream_pair pair(capacity);
        co_await secure(std::move(pair.one), std::move(pair.other), std::move(host));
    }

    ringlet::stream& client() { return *client_; }
    ringlet::stream& server() { return *server_; }

    /// Closes both ends at the same time.
    ringlet::task<> close() {
        ringlet::detail::joinable_task_group group;
        group.spawn(client().close());
        group.spawn(server().close());
        co_await group.join();
    }

    std::error_code client_error;
    std::error_code server_error;

private:
    static ringlet::task<> keep(std::optional<ringlet::stream>& result,
                                ringlet::task<ringlet::stream> upgrading) {
        result.emplace(co_await std::move(upgrading));
    }

    std::optional<ringlet::stream> client_;
    std::optional<ringlet::stream> server_;
};
