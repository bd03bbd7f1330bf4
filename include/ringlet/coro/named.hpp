#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/loop/detail/task_name.hpp>

#include <string>
#include <utility>

namespace ringlet {

/// Awaits `work` under a name, which tells people what waits where `suspended_tasks` and
/// `dump_tasks` show it: a name of the client, say, or of the file that is sent.
///
///     group.spawn(ringlet::named("upload " + path, upload(client, path)));
///
/// It costs an allocation, and a place in a list of the loop. The result is that of `work`. Throws
/// std::logic_error outside a loop, and what `work` throws.
template <class T>
[[nodiscard]] task<T> named(std::string name, task<T> work) {
    detail::task_name known(std::move(name));
    co_await detail::task_name::naming(known);
    co_return co_await std::move(work);
}

}  // namespace ringlet
