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

void block_on(loop& owner, task<void> root) {
    bool done = false;
    std::exception_ptr exception;
    owner.core().run_until(done, [&] { run_root(std::move(root), done, exception); });
    if (exception)
        std::rethrow_exception(exception);
}

}  // namespace ringlet
