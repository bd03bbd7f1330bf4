#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/stream.hpp>

#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace ringlet {

class establish_step;

namespace detail {

/// A callable of which an establish_step can be made.
template <class Step>
concept establishes = !std::same_as<std::remove_cvref_t<Step>, establish_step> &&
                      std::is_invocable_r_v<task<>, const std::decay_t<Step>&, stream&, address&>;

}  // namespace detail

/// One of the things that a stream server does with a connection before its handler: see
/// `server_options::establish`. It is made of a callable, which may read the first bytes of the
/// connection, replace the stream by one that stands on it, and correct the client's address:
///
///     ringlet::task<> greet(ringlet::stream& connection, ringlet::address& client);
///
///     options.establish = {greet, ringlet::tls::handshake(context)};
///
/// A step that throws ends the connection, and so does one that closes the stream. What it throws
/// counts in `server_counters::establish_failed` and goes to the log, and not to `handle_error`.
///
/// The callable is called for each connection, in the thread or the process that handles it, and
/// for many connections at a time. It lives as long as the server.
class establish_step {
public:
    /// Makes a step of `step`. Reports name it by `Step::name`, if there is such a text.
    template <detail::establishes Step>
    establish_step(Step&& step)  // NOLINT: meant to convert
        : name_(name_of<std::decay_t<Step>>()), step_(std::forward<Step>(step)) {}

    /// Makes a step of `step`, which reports name as `name`.
    template <detail::establishes Step>
    establish_step(std::string name, Step&& step)
        : name_(std::move(name)), step_(std::forward<Step>(step)) {}

    /// The name of the step in reports.
    [[nodiscard]] std::string_view name() const noexcept { return name_; }

    /// Takes `connection` through the step.
    [[nodiscard]] task<> operator()(stream& connection, address& client) const {
        return step_(connection, client);
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
    std::function<task<>(stream&, address&)> step_;
};

}  // namespace ringlet
