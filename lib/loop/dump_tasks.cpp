#include "loop/detail/place_names.hpp"

#include <ringlet/loop/dump_tasks.hpp>
#include <ringlet/loop/loop.hpp>

#include <ostream>
#include <string>

namespace ringlet {

namespace {

struct in_seconds {
    std::chrono::nanoseconds duration;

    friend std::ostream& operator<<(std::ostream& out, in_seconds printed) {
        const auto milliseconds =
            std::chrono::duration_cast<std::chrono::milliseconds>(printed.duration).count();
        const auto rest = milliseconds % 1000;
        return out << milliseconds / 1000
                   << (rest < 10    ? ".00"
                       : rest < 100 ? ".0"
                                    : ".")
                   << rest << " s";
    }
};

}  // namespace

void dump_tasks(loop& owner, std::ostream& out) {
    const auto tasks = suspended_tasks(owner);
    const loop_statistics statistics = owner.statistics();
    out << "ringlet: " << tasks.size() << " waiting, " << statistics.in_flight
        << " operations in flight, " << statistics.turns << " turns, longest run "
        << in_seconds{statistics.longest_run} << '\n';
    for (const suspended_task& task : tasks) {
        out << "  for " << in_seconds{task.suspended_for};
        for (const std::string& name : task.names)
            out << ", in " << name;
        out << (task.ready ? ", ready to go on" : "") << '\n';
        for (const std::source_location& where : task.stack)
            out << "    " << detail::file_name(where) << ':' << where.line() << "  "
                << detail::coroutine_name(where) << '\n';
    }
}

}  // namespace ringlet
