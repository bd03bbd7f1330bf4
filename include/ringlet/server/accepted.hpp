#pragma once

#include <ringlet/base/detail/check.hpp>
#include <ringlet/net/datagram.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/server/detail/dispatcher.hpp>
#include <ringlet/server/detail/job.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace ringlet {

class datagram_server;
class stream_server;

/// A request that a server has accepted and that no handler has yet. The server passes it to the
/// hook `process_request`. `Request` is a stream, which is the connection, or a datagram.
///
/// The server handles a request that the hook hands over. A request that is neither handed over nor
/// released is refused when it is destroyed: its connection is closed, and
/// `server_counters::refused` counts it.
///
///     if (!banned(request.client_address()))
///         request.hand_over();
///
/// One thread: that of the loop that accepts requests. Lifetime: the object ends before
/// `process_request` returns.
template <class Request>
class accepted final : private detail::job {
    using server_type =
        std::conditional_t<std::same_as<Request, stream>, stream_server, datagram_server>;

public:
    accepted(accepted&& other) noexcept
        : job(std::move(other)), server_(other.server_), handlers_(other.handlers_),
          refused_(std::exchange(other.refused_, nullptr)), request_(std::move(other.request_)),
          client_(other.client_) {}
    accepted& operator=(accepted&&) = delete;
    ~accepted() {
        if (refused_ != nullptr)
            refused_->fetch_add(1, std::memory_order_relaxed);
    }

    /// The request itself. The caller must not use it after `hand_over` or `release`.
    [[nodiscard]] Request& request() noexcept { return request_; }

    /// The client's address. It has no family where the server could not find it out.
    [[nodiscard]] const address& client_address() const noexcept override { return client_; }

    /// Has the server handle the request, in the place that `server_options::concurrency` names.
    /// Where no thread or process is left for it, the server keeps the request until there is one.
    /// Throws std::system_error where there never will be, and std::bad_alloc; then the request is
    /// lost and counts as refused.
    void hand_over() {
        detail::check(refused_ != nullptr,
                      "a request was handed over twice, or after it was released");
        handlers_->dispatch(*this);
        refused_ = nullptr;
    }

    /// Gives the request to the caller, who handles it in a way of the caller's own. The server's
    /// handler and hooks do not see the request, and it counts as accepted only.
    [[nodiscard]] Request release() noexcept {
        refused_ = nullptr;
        return std::move(request_);
    }

private:
    friend server_type;

    accepted(server_type& owner, detail::dispatcher& handlers, Request request,
             const address& client, detail::peer_limit::permit permit,
             std::atomic<std::uint64_t>& refused) noexcept
        : job(std::move(permit)), server_(&owner), handlers_(&handlers), refused_(&refused),
          request_(std::move(request)), client_(client) {}

    [[nodiscard]] bool begin_here(detail::bounded_dispatcher& place) override;
    [[nodiscard]] task<> handle_here() override;
    [[nodiscard]] task<> handle_elsewhere() override;
    [[nodiscard]] int descriptor() noexcept override;

    server_type* server_;
    detail::dispatcher* handlers_;
    std::atomic<std::uint64_t>* refused_;  // null once handed over or released
    Request request_;
    address client_;
};

template <>
bool accepted<stream>::begin_here(detail::bounded_dispatcher& place);
template <>
task<> accepted<stream>::handle_here();
template <>
task<> accepted<stream>::handle_elsewhere();
template <>
int accepted<stream>::descriptor() noexcept;

template <>
bool accepted<datagram>::begin_here(detail::bounded_dispatcher& place);
template <>
task<> accepted<datagram>::handle_here();
template <>
task<> accepted<datagram>::handle_elsewhere();
template <>
int accepted<datagram>::descriptor() noexcept;

}  // namespace ringlet
