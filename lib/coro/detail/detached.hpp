#pragma once

#include <ringlet/loop/detail/frame_pool.hpp>

#include <coroutine>
#include <exception>

namespace ringlet::detail {

/// The return type of a coroutine that begins at once and destroys its own frame when it ends: it
/// awaits a task that no other coroutine awaits. Its body catches every exception.
struct detached {
    struct promise_type {
        static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
        static void operator delete(void* frame, std::size_t size) noexcept {
            frame_pool::deallocate(frame, size);
        }

        detached get_return_object() const noexcept { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    };
};

}  // namespace ringlet::detail
