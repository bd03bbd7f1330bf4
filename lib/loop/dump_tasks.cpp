#include <ringlet/loop/dump_tasks.hpp>
#include <ringlet/loop/loop.hpp>

#include <ostream>
#include <string_view>

namespace ringlet {

namespace {

std::string_view file_name(std::string_view path) {
    return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

/// The coroutine's name. GCC tells that of the function which it makes of the coroutine:
/// `void f(f(int)::_Z1fi.Frame*)` for `f(int)`.
std::string_view coroutine_name(std::string_view function) {
    const auto end = function.rfind("::_Z");
    if (end == std::string_view::npos || !function.ends_with("Frame*)"))
        return function;
    int depth = 0;
    auto begin = function.size();
    do {
        --begin;
        depth += function[begin] == ')' ? 1 : function[begin] == '(' ? -1 : 0;
    } while (depth > 0 && begin > 0);
    return function.substr(begin + 1, end - begin - 1);
}

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
        out << "  for " << in_seconds{task.suspended_for} << (task.ready ? ", ready to go on" : "")
            << '\n';
        for (const std::source_location& where : task.stack)
            out << "    " << file_name(where.file_name()) << ':' << where.line() << "  "
                << coroutine_name(where.function_name()) << '\n';
    }
}

}  // namespace ringlet
