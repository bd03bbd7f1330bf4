#include <ringlet/loop/detail/operation.hpp>
#include <ringlet/loop/dump_tasks.hpp>

#include <algorithm>

namespace ringlet {

namespace {

std::vector<std::source_location> stack_of(const detail::operation& awaited) {
    std::vector<std::source_location> stack;
    const detail::suspension* standing = &awaited.waiter();
    // The outermost coroutine is known by an awaiting one that is nobody.
    for (; standing != nullptr && standing->where().line() != 0; standing = standing->awaited_by())
        stack.push_back(standing->where());
    return stack;
}

}  // namespace

std::vector<suspended_task> suspended_tasks(loop& owner) {
    std::vector<suspended_task> tasks;
    const auto now = owner.now();
    owner.core().for_each_suspended([&](const detail::operation& awaited, bool ready) {
        tasks.push_back({stack_of(awaited), now - awaited.suspended_at(), ready});
    });
    std::stable_sort(tasks.begin(), tasks.end(),
                     [](const suspended_task& one, const suspended_task& other) {
                         return one.suspended_for > other.suspended_for;
                     });
    return tasks;
}

}  // namespace ringlet
