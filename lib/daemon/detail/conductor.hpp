#pragma once

#include "own_program.hpp"
#include "server/detail/serving_group.hpp"

#include <ringlet/coro/event.hpp>
#include <ringlet/coro/signal_set.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/daemon/inherited_sockets.hpp>
#include <ringlet/daemon/notify.hpp>
#include <ringlet/daemon/run.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ringlet::daemon::detail {

class successor;

/// Has the servers of a service serve, and does as the signals say: the whole of service::serve.
///
/// One thread, but `state`.
class conductor {
public:
    /// From now on the signals count. Throws std::system_error, and std::invalid_argument for
    /// options that make no sense.
    explicit conductor(run_options options);
    conductor(const conductor&) = delete;
    conductor& operator=(const conductor&) = delete;
    ~conductor();

    /// Serves to the end, in a loop that it makes. Throws std::logic_error where it has served.
    void serve(std::vector<server*> servers);

    inherited_sockets inherited;
    std::vector<std::function<void(service_state)>> watchers;
    std::vector<std::function<void()>> reloads;
    std::vector<server*> attendants;

    [[nodiscard]] service_state state() const noexcept { return state_; }

private:
    struct group {
        explicit group(std::vector<server*> servers)
            : all(std::move(servers)), serving(all, "service::serve") {}

        const std::vector<server*> all;
        ringlet::detail::serving_group serving;
    };

    [[nodiscard]] task<> serve_groups();
    [[nodiscard]] task<> serve_beside();
    void tell_ready();
    [[nodiscard]] task<> conduct();
    [[nodiscard]] task<> obey(task_group& helpers);
    void obey(int number, task_group& helpers);
    [[nodiscard]] task<> replace_predecessor();
    [[nodiscard]] task<> keep_watchdog(std::chrono::microseconds interval);
    void stop(task_group& helpers);
    [[nodiscard]] task<> drain();
    void reload();
    void dump() const;
    [[nodiscard]] task<> restart();
    [[nodiscard]] bool may_restart() const;
    [[nodiscard]] task<std::string> obstacle_to(successor& next) const;
    [[nodiscard]] std::string hand_over_to(successor& next);
    void share_sockets(bool shared);
    void enter(service_state state);
    [[nodiscard]] std::vector<server*> all_servers() const;

    static void tell(const notification& said) noexcept;

    const run_options options_;
    own_program program_;
    signal_set signals_;
    std::atomic<service_state> state_{service_state::starting};
    std::optional<group> main_;
    std::optional<group> beside_;
    event started_;
    event hastened_;  // a second signal, for what waits before it stops
    bool told_to_stop_ = false;
    bool succeeding_ = false;
    bool restarting_ = false;
    bool replaced_ = false;
};

}  // namespace ringlet::daemon::detail
