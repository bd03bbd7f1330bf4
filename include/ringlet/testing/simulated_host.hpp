#pragma once

#include <ringlet/coro/detail/to_task.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/net/address.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace ringlet::testing {

namespace detail {
class host_runner;
struct spawned_state;
}  // namespace detail

/// A task that runs on a simulated host, for those who want to wait for its end.
class spawned_task {
public:
    /// Waits until the task has ended. A task that throws fails the simulation; so does a wait that
    /// nothing will ever end.
    [[nodiscard]] task<> join() const;

    [[nodiscard]] bool ended() const noexcept;

private:
    friend detail::host_runner;

    explicit spawned_task(std::shared_ptr<detail::spawned_state> state) noexcept
        : state_(std::move(state)) {}

    std::shared_ptr<detail::spawned_state> state_;
};

/// A host in a simulation: it has addresses of its own, a name by which other hosts connect to it,
/// and a loop in which its tasks run. The servers that these make listen on this host.
class simulated_host {
public:
    explicit simulated_host(detail::host_runner& runner) noexcept : runner_(runner) {}
    simulated_host(const simulated_host&) = delete;
    simulated_host& operator=(const simulated_host&) = delete;

    [[nodiscard]] const std::string& name() const noexcept;

    /// The host's IPv4 address with a port, and its IPv6 address.
    [[nodiscard]] ringlet::address address(int port = 0) const;
    [[nodiscard]] ringlet::address ipv6_address(int port = 0) const;

    /// Runs `work` on this host: a callable, with all that it captures, that returns a task. The
    /// task begins in a later turn of the host's loop. It ends with the simulation at the latest,
    /// which cancels it then; if it throws anything else than that, the simulation fails. Throws
    /// std::logic_error if the host is stopped.
    template <class Work>
    spawned_task spawn(Work&& work) {
        return spawn_task(ringlet::detail::without_result(
            ringlet::detail::to_owned_task(std::forward<Work>(work))));
    }

    /// Takes the host's power away: its sockets are gone, and nobody is told. Its tasks are
    /// cancelled, and what they do on the way out reaches nobody; the await lasts until they have
    /// ended.
    [[nodiscard]] task<> stop();

    /// Starts the host again, with no task on it.
    void start();

    [[nodiscard]] bool running() const noexcept;

    /// Has the host open at most `limit` descriptors: accept and connect fail with EMFILE beyond
    /// that.
    void set_descriptor_limit(int limit) noexcept;

    /// How many sockets are open on the host.
    [[nodiscard]] std::size_t open_sockets() const noexcept;

    /// The loop in which the host's tasks run. Lifetime: the simulation's.
    [[nodiscard]] ringlet::loop& loop() const noexcept;

private:
    spawned_task spawn_task(task<> work);

    detail::host_runner& runner_;
};

}  // namespace ringlet::testing
