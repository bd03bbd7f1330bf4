#include "dump_to_log.hpp"
#include "loop/detail/place_names.hpp"
#include "loop_round.hpp"

#include <ringlet/base/log.hpp>
#include <ringlet/loop/dump_tasks.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/server/server_counters.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>

namespace ringlet::daemon::detail {

namespace {

using ringlet::detail::coroutine_name;
using ringlet::detail::file_name;

/// The call stack of a coroutine in one line, the innermost call first.
std::string stack_of(const suspended_task& task) {
    std::string stack;
    for (const std::source_location& where : task.stack) {
        stack += stack.empty() ? "" : " < ";
        stack.append(file_name(where)).append(":").append(std::to_string(where.line()));
        stack.append(" ").append(coroutine_name(where));
    }
    return stack;
}

/// Its names in one line, the innermost first.
std::string names_of(const suspended_task& task) {
    std::string names;
    for (const std::string& name : task.names)
        names.append(names.empty() ? "" : " < ").append(name);
    return names;
}

/// How many of the tasks that there are may be reported, for the loops of all threads together.
class budget {
public:
    explicit budget(std::size_t tasks_max) : left_(tasks_max) {}

    std::size_t take(std::size_t wanted) noexcept {
        std::size_t left = left_;
        while (!left_.compare_exchange_weak(left, left - std::min(left, wanted)))
            continue;
        return std::min(left, wanted);
    }

private:
    std::atomic<std::size_t> left_;
};

void dump_loop(loop& owner, budget& reported) {
    std::vector<suspended_task> tasks = suspended_tasks(owner);
    const loop_statistics counted = owner.statistics();
    log(log_level::info, "tasks",
        {{"thread", ::gettid()},
         {"waiting", tasks.size()},
         {"in_flight", counted.in_flight},
         {"turns", counted.turns},
         {"longest_run",
          std::chrono::duration_cast<std::chrono::microseconds>(counted.longest_run)}});
    tasks.resize(reported.take(tasks.size()));
    for (const suspended_task& task : tasks)
        log(log_level::info, "a task waits",
            {{"for", std::chrono::duration_cast<std::chrono::milliseconds>(task.suspended_for)},
             {"ready", task.ready},
             {"name", names_of(task)},
             {"stack", stack_of(task)}});
}

void dump_counters(const server& counted) {
    const server_counters counts = counted.counters();
    log(log_level::info, "counters",
        {{"server", counted.options().name},
         {"address", counted.server_address()},
         {"accepted", counts.accepted},
         {"refused", counts.refused},
         {"active", counts.active},
         {"finished", counts.finished},
         {"failed", counts.failed.total()},
         {"establishing", counts.establishing},
         {"established", counts.established},
         {"establish_failed", counts.establish_failed.total()},
         {"bytes_received", counts.bytes_received},
         {"bytes_sent", counts.bytes_sent},
         {"packets_received", counts.packets_received},
         {"packets_sent", counts.packets_sent},
         {"replies_dropped", counts.replies_dropped},
         {"accept_pauses", counts.accept_pauses},
         {"children_started", counts.children_started},
         {"children_lost", counts.children_lost}});
}

}  // namespace

void dump_to_log(const std::vector<server*>& servers, std::size_t tasks_max) {
    const auto reported = std::make_shared<budget>(tasks_max);
    dump_loop(loop::require_current("dump_to_log"), *reported);
    const loop_round others([reported](loop& asked) { dump_loop(asked, *reported); });
    for (const server* const counted : servers)
        dump_counters(*counted);
}

}  // namespace ringlet::daemon::detail
