#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/server/datagram_request.hpp>

#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ringlet {

class establish_step;

namespace detail {

template <class Step, class Request>
inline constexpr bool establishes_one =
    std::is_invocable_r_v<task<>, const Step&, Request&, address&>;

/// A callable of which an establish_step can be made.
template <class Step>
concept establishes = !std::same_as<std::remove_cvref_t<Step>, establish_step> &&
                      (establishes_one<std::decay_t<Step>, stream> ||
                       establishes_one<std::decay_t<Step>, datagram_request>);

}  // namespace detail

/// One of the things that a server does with a connection, or a datagram, before its handler: see
/// `server_options::establish`. It is made of a callable, which may read the first bytes of the
/// connection, replace the stream by one that stands on it, and correct the client's address:
///
///     ringlet::task<> greet(ringlet::stream& connection, ringlet::address& client);
///
///     options.establish = {greet, ringlet::tls::handshake(context)};
///
/// A callable for a `datagram_request&` in the stream's place is a step of datagram servers, and
/// one for either is a step of all servers. Replies go to the sender, whatever a step makes of the
/// client's address.
///
/// A step that throws ends the connection, or drops the datagram, and so does one that closes the
/// stream. What it throws counts in `server_counters::establish_failed` and goes to the log, and
/// not to `handle_error`.
///
/// The callable is called for each connection, in the thread or the process that handles it, and
/// for many connections at a time. It lives as long as the server.
class establish_step {
public:
    /// Makes a step of `step`. Reports name it by `Step::name`, if there is such a text.
    template <detail::establishes Step>
    establish_step(Step&& step)  // NOLINT: meant to convert
        : establish_step(name_of<std::decay_t<Step>>(), std::forward<Step>(step)) {}

    /// Makes a step of `step`, which reports name as `name`.
    template <detail::establishes Step>
    establish_step(std::string name, Step&& step) : name_(std::move(name)) {
        using callable = std::decay_t<Step>;
        if constexpr (detail::establishes_one<callable, datagram_request>)
            datagram_step_ = step;
        if constexpr (detail::establishes_one<callable, stream>)
            stream_step_ = std::forward<Step>(step);
    }

    /// The name of the step in reports.
    [[nodiscard]] std::string_view name() const noexcept { return name_; }

    /// Whether it is a step for connections, of stream servers.
    [[nodiscard]] bool takes_streams() const noexcept { return stream_step_ != nullptr; }

    /// Whether it is a step for datagrams, of datagram servers.
    [[nodiscard]] bool takes_datagrams() const noexcept { return datagram_step_ != nullptr; }

    /// Takes `connection` through the step, which takes streams.
    [[nodiscard]] task<> operator()(stream& connection, address& client) const {
        return stream_step_(connection, client);
    }

    /// Takes `request` through the step, which takes datagrams.
    [[nodiscard]] task<> operator()(datagram_request& request, address& client) const {
        return datagram_step_(request, client);
    }

private:
    template <class Step>
    static std::string name_of() {
        if constexpr (requires { std::string(Step::name); })
            return std::string(Step::name);
        else
            return "a step";
    }

    std::string name_;
    std::function<task<>(stream&, address&)> stream_step_;
    std::function<task<>(datagram_request&, address&)> datagram_step_;
};

}  // namespace ringlet
