#include <ringlet/loop/detail/operation.hpp>
#include <ringlet/loop/detail/task_name.hpp>
#include <ringlet/loop/dump_tasks.hpp>

#include <algorithm>
#include <map>
#include <string>

namespace ringlet {

namespace {

using names_by_place = std::map<const detail::suspension*, const std::string*>;

names_by_place names_of(detail::loop_core& core) {
    names_by_place names;
    core.names().for_each(
        [&](const detail::task_name& name) { names.emplace(name.place(), &name.text()); });
    return names;
}

suspended_task describe(const detail::operation& awaited, const names_by_place& names) {
    suspended_task found;
    const detail::suspension* standing = &awaited.waiter();
    // The outermost coroutine is known by an awaiting one that is nobody.
    for (; standing != nullptr && standing->where().line() != 0;
         standing = standing->awaited_by()) {
        if (const auto name = names.find(standing->awaited_by()); name != names.end())
            found.names.push_back(*name->second);
        else
            found.stack.push_back(standing->where());
    }
    return found;
}

}  // namespace

std::vector<suspended_task> suspended_tasks(loop& owner) {
    std::vector<suspended_task> tasks;
    const names_by_place names = names_of(owner.core());
    const auto now = owner.now();
    owner.core().for_each_suspended([&](const detail::operation& awaited, bool ready) {
        suspended_task& found = tasks.emplace_back(describe(awaited, names));
        found.suspended_for = now - awaited.suspended_at();
        found.ready = ready;
    });
    std::stable_sort(tasks.begin(), tasks.end(),
                     [](const suspended_task& one, const suspended_task& other) {
                         return one.suspended_for > other.suspended_for;
                     });
    return tasks;
}

}  // namespace ringlet
