#include "base/detail/stand_in.hpp"
#include "coro/detail/detached.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <exception>

namespace ringlet {

namespace {

detail::detached run_root(task<void> root, bool& done, std::exception_ptr& exception) {
    try {
        co_await std::move(root);
    } catch (...) {
        exception = std::current_exception();
    }
    done = true;
}

}  // namespace

// In a simulation the loop that calls stands still, and so may all that the task waits for.
void block_on(loop& owner, task<void> root) {
    if (detail::stand_in* const simulation = detail::stand_in::current();
        simulation != nullptr && loop::current() != nullptr)
        simulation->refuse("a call that blocks its thread, such as block_on or serve_forever,",
                           "await the task, such as server::serve, instead");
    bool done = false;
    std::exception_ptr exception;
    owner.core().run_until(done, [&] { run_root(std::move(root), done, exception); });
    if (exception)
        std::rethrow_exception(exception);
}

}  // namespace ringlet
