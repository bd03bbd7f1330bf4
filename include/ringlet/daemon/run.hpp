#pragma once

#include <ringlet/daemon/inherited_sockets.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/server/server.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ringlet::daemon {

class service;
struct run_options;

namespace detail {

class conductor;

/// What `run` does with its body.
[[nodiscard]] int run(const run_options& options,
                      const std::function<void(service&)>& body) noexcept;

}  // namespace detail

/// Where a service stands, as its watchers are told: a health check, a metrics endpoint.
enum class service_state {
    starting,  ///< The servers are about to be bound.
    ready,     ///< All servers serve.
    draining,  ///< The service is to end, and takes no more work than it must.
};

/// The name of a state: `ready`.
[[nodiscard]] std::string_view to_string(service_state state) noexcept;

/// How `run` serves.
struct run_options {
    /// The time between the moment in which the service says that it is draining and the moment in
    /// which it closes its listening sockets: a load balancer takes it out of use meanwhile, and
    /// clients that come until then are served. A second signal ends the time. With 0 the sockets
    /// are closed at once. 0 to a year.
    std::chrono::milliseconds unready_grace{0};

    /// The time that a restarted program has to say that it serves. The service then goes on as
    /// before, without it. 0 to a year.
    std::chrono::milliseconds restart_timeout{60'000};

    /// The program that takes over at a restart. Empty for the path by which this one was executed,
    /// from the directory in which it called `run`: so an upgraded file at that path, or behind a
    /// symbolic link, is what comes next.
    std::string program = {};

    /// The number of waiting tasks that SIGUSR1 has reported, those first that have waited longest.
    std::size_t dumped_tasks_max = 1000;

    /// The options of the loop; without a value, those of the first server.
    std::optional<loop_options> loop = {};
};

/// What the body of `run` gets: its sockets, and the one call that serves. A body makes servers,
/// gives up privileges, and serves:
///
///     return ringlet::daemon::run([](ringlet::daemon::service& self) {
///         ringlet::tcp_server web(self.socket("web"), {"0.0.0.0", 8080}, echo);
///         self.serve(web);
///     });
///
/// One thread, but `state`, which any thread may ask.
class service {
public:
    service(const service&) = delete;
    service& operator=(const service&) = delete;
    ~service();

    /// The socket of this name that the program was given by systemd or by its predecessor, or else
    /// no socket: inherited_sockets::take.
    [[nodiscard]] named_socket socket(std::string_view name);

    /// All sockets that the program was given.
    [[nodiscard]] inherited_sockets& sockets() noexcept;

    /// Has `told` called at each change of the state, in the thread and the loop that serve, once
    /// serving has begun. It must not block. What it throws ends the service before it is ready,
    /// and goes to the log later.
    void on_state(std::function<void(service_state)> told);

    /// Has `reload` called at SIGHUP, in the thread that serves: it reads certificates, opens logs.
    /// What it throws goes to the log, and what was there before goes on.
    void on_reload(std::function<void()> reload);

    /// Has `attendant` serve in the loop with the others, from before they begin until all of them
    /// have ended, draining included: a server that tells of them, such as a health check. At a
    /// restart it makes way for that of the new program at once. Lifetime: it outlives `serve`.
    void attend(server& attendant);

    /// Where the service stands. Any thread may ask at any time.
    [[nodiscard]] service_state state() const noexcept;

    /// Serves with one server, or with several in one loop, until they have come to their end:
    ///
    /// - SIGTERM or SIGINT drains: handlers have their server's `drain_timeout`. A second one
    ///   cancels them at once.
    /// - SIGHUP calls what `on_reload` was given.
    /// - SIGUSR1 reports the waiting tasks of the loop and all counters to the log.
    /// - SIGUSR2 restarts without a gap. The program is started anew, with its arguments, and
    ///   inherits the listening sockets of all servers by their names; so each server was made from
    ///   `socket(name)`. Once it serves, this process drains. If it ends before, cannot be executed
    ///   or takes longer than `restart_timeout`, this process goes on as before and says why. The
    ///   new program serves by this function, too, since it has to say that it does.
    ///
    /// The service manager is told of all this, and that the loop turns, where it asks for a
    /// watchdog: see notify. Signals that came since `run` began count. If a server fails, the
    /// others drain, and the first failure is thrown.
    template <std::derived_from<server>... Servers>
    void serve(server& first, Servers&... more) {
        serve_all({&first, &more...});
    }

private:
    friend int detail::run(const run_options& options,
                           const std::function<void(service&)>& body) noexcept;

    explicit service(const run_options& options);

    void serve_all(std::initializer_list<server*> servers);

    std::unique_ptr<detail::conductor> conductor_;
};

/// Runs a service, and returns the exit status of the program: 0 after an orderly end. An exception
/// of the body, such as that of a server that cannot bind, becomes one line in the log, and a
/// status of sysexits.h: 78 (EX_CONFIG) for what makes no sense, such as an option, an address or
/// an environment variable, 77 (EX_NOPERM) for a lack of permission, 69 (EX_UNAVAILABLE) for an
/// address that cannot be had, 71 (EX_OSERR) for another error of the system, 70 (EX_SOFTWARE) for
/// anything else.
///
/// `main` ends with this call. From its beginning to its end the signals that `service::serve`
/// names have no other effect; see signal_set.
template <std::invocable<service&> Body>
[[nodiscard]] int run(const run_options& options, Body&& body) {
    return detail::run(options, [&body](service& self) { std::invoke(body, self); });
}

/// Runs a service with the default options: see the first `run`.
template <std::invocable<service&> Body>
[[nodiscard]] int run(Body&& body) {
    return run(run_options(), body);
}

/// Runs a service of servers that have been made already: see the first `run`.
///
///     ringlet::tcp_server server({"127.0.0.1", 9999}, echo);
///     return ringlet::daemon::run(server);
template <std::derived_from<server>... Servers>
[[nodiscard]] int run(server& first, Servers&... more) {
    return run(run_options(), [&](service& self) { self.serve(first, more...); });
}

/// Runs a service of servers that have been made already, with options: see the first `run`.
template <std::derived_from<server>... Servers>
[[nodiscard]] int run(const run_options& options, server& first, Servers&... more) {
    return run(options, [&](service& self) { self.serve(first, more...); });
}

}  // namespace ringlet::daemon
