#pragma once

#include "event_queue.hpp"
#include "operation.hpp"
#include "socket_name.hpp"

#include <ringlet/base/detail/intrusive_list.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ringlet::testing::detail {

class node;
class world;

/// A simulated socket. Descriptors and operations use it; when the last use has gone it is closed,
/// and what is on its way to it still keeps it for a while.
///
/// Calls return what the system calls do, or `-errno`. An operation that has to wait has no result
/// yet.
class endpoint : public event_target, public std::enable_shared_from_this<endpoint> {
public:
    using outcome = std::optional<int>;

    endpoint(node& home, int domain, int type) noexcept;
    endpoint(const endpoint&) = delete;
    endpoint& operator=(const endpoint&) = delete;
    virtual ~endpoint();

    [[nodiscard]] node& home() const noexcept { return home_; }
    [[nodiscard]] int domain() const noexcept { return domain_; }
    [[nodiscard]] int type() const noexcept { return type_; }
    [[nodiscard]] bool is_unix() const noexcept { return domain_ == AF_UNIX; }
    [[nodiscard]] const socket_name& local() const noexcept { return local_; }

    /// Whether a socket for IPv6 has nothing to do with IPv4: ipv6(7), IPV6_V6ONLY.
    [[nodiscard]] bool is_for_ipv6_only() const noexcept;

    // Calls.

    int bind(const sockaddr* wanted, socklen_t size);
    virtual int listen(int /*backlog*/) { return -EOPNOTSUPP; }
    virtual int shutdown(int how) = 0;
    virtual int peer_address(sockaddr* stored, socklen_t* size) const = 0;
    int local_address(sockaddr* stored, socklen_t* size) const;
    int set_option(int level, int name, const void* value, socklen_t size);
    int get_option(int level, int name, void* value, socklen_t* size);

    // Operations.

    virtual outcome accept(operation& /*tried*/) { return -EOPNOTSUPP; }
    virtual outcome connect(operation& tried) = 0;
    virtual outcome receive(operation& tried) = 0;
    virtual outcome send(operation& tried) = 0;

    /// What poll(2) would report.
    [[nodiscard]] virtual int events() const noexcept = 0;

    /// No descriptor and no operation uses the socket any more.
    virtual void close() noexcept = 0;

    /// The host has lost its power: the socket is gone, and nobody is told.
    virtual void vanish() noexcept = 0;

    /// Lets an operation wait.
    void add(operation& waiting);

    /// Whether others wait for what an operation needs, so that it has to wait too.
    [[nodiscard]] bool has_queue(const operation& asking) const noexcept;

    /// Attempts what waits, since something has changed.
    void changed();

    /// When an operation completes that could complete at `when`: not before those that the socket
    /// has done before it.
    [[nodiscard]] ring::clock::time_point
    completes_in_order(ring::clock::time_point when) noexcept {
        return completed_at_ = std::max(when, completed_at_);
    }

    /// The socket as a line of text.
    [[nodiscard]] virtual std::string describe() const = 0;

protected:
    [[nodiscard]] world& owner() const noexcept;
    [[nodiscard]] int option(int level, int name) const noexcept;

    /// The size in bytes of a buffer, SO_RCVBUF or SO_SNDBUF.
    [[nodiscard]] std::size_t buffer_size(int name) const noexcept;
    virtual void option_changed(int /*level*/, int /*name*/) {}
    [[nodiscard]] virtual bool listens() const noexcept { return false; }
    [[nodiscard]] virtual int take_error() noexcept { return 0; }
    [[nodiscard]] int bind_if_not(const socket_name& peer);
    void set_local(const socket_name& name) noexcept { local_ = name; }
    void inherit_options(const endpoint& other) { options_ = other.options_; }
    [[nodiscard]] bool someone_sends() const noexcept { return !senders_.empty(); }

private:
    int refuse_option(const char* call, int level, int name);

    using option_key = std::pair<int, int>;

    void attempt_queue(ringlet::detail::intrusive_list<operation>& queue);

    node& home_;
    const int domain_;
    const int type_;
    socket_name local_;
    ring::clock::time_point completed_at_{};  // the last operation, perhaps later than now
    std::map<option_key, std::vector<std::byte>> options_;
    ringlet::detail::intrusive_list<operation> receivers_;
    ringlet::detail::intrusive_list<operation> senders_;
    ringlet::detail::intrusive_list<operation> polls_;
};

}  // namespace ringlet::testing::detail
