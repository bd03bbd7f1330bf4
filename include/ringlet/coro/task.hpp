#pragma once

#include <ringlet/base/detail/check.hpp>
#include <ringlet/loop/detail/frame_pool.hpp>
#include <ringlet/loop/detail/suspension.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace ringlet {

template <class T = void>
class task;

namespace detail {

class task_promise_base {
public:
    static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
    static void operator delete(void* frame, std::size_t size) noexcept {
        frame_pool::deallocate(frame, size);
    }

    std::suspend_always initial_suspend() const noexcept { return {}; }

    struct final_awaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
            return ended.promise().continuation_.coroutine();
        }
        void await_resume() const noexcept {}
    };
    final_awaiter final_suspend() const noexcept { return {}; }

    void unhandled_exception() noexcept { exception_ = std::current_exception(); }

    void rethrow() const {
        if (exception_) [[unlikely]]
            std::rethrow_exception(exception_);
    }

    /// For `suspension`: the coroutine that awaits this one.
    const suspension* awaited_by() const noexcept { return &continuation_; }

    // Nobody, as long as the awaiting coroutine has not suspended: see task's awaiter.
    suspension continuation_;

private:
    std::exception_ptr exception_;
};

template <class T>
class task_promise final : public task_promise_base {
public:
    task<T> get_return_object() noexcept;

    // As `return` does: a braced list is fine, an explicit conversion is not made unasked.
    template <std::convertible_to<T> U = T>
    void return_value(U&& value) {
        value_.emplace(std::forward<U>(value));
    }

    T take() {
        rethrow();
        return std::move(*value_);
    }

private:
    std::optional<T> value_;
};

template <class T>
class task_promise<T&> final : public task_promise_base {
public:
    task<T&> get_return_object() noexcept;
    void return_value(T& value) noexcept { value_ = &value; }

    T& take() const {
        rethrow();
        return *value_;
    }

private:
    T* value_ = nullptr;
};

template <>
class task_promise<void> final : public task_promise_base {
public:
    task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() const { rethrow(); }
};

}  // namespace detail

/// A coroutine that begins when it is awaited and gives its result, or its exception, to whoever
/// awaits it: what an async function returns. It is awaited at most once, in the loop's thread.
///
/// Lifetime: the task owns the coroutine's frame. Destroying one that has not begun is fine; one
/// that has begun must be awaited to its end. Arguments taken by reference must outlive the await.
///
/// An await whose task ends without suspending costs no stack, whatever the compiler makes of
/// symmetric transfer (GCC below -O2 does not make it a tail call): ten million in a row are fine.
template <class T>
class [[nodiscard]] task {
public:
    using promise_type = detail::task_promise<T>;
    using value_type = T;

    /// No coroutine at all; it must not be awaited.
    task() noexcept = default;

    task(task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
    task& operator=(task&& other) noexcept {
        std::swap(frame_, other.frame_);
        return *this;
    }
    ~task() {
        if (frame_)
            frame_.destroy();
    }

    /// Whether there is a coroutine to await.
    [[nodiscard]] bool valid() const noexcept { return static_cast<bool>(frame_); }

    class awaiter {
    public:
        explicit awaiter(std::coroutine_handle<promise_type> begun) noexcept : frame_(begun) {}

        bool await_ready() const noexcept { return false; }

        // Begins the task inside this call. Only if it has suspended by then does the awaiting
        // coroutine suspend too, and becomes the one to continue with: so nothing ever nests.
        bool await_suspend(detail::suspension awaiting) {
            frame_.resume();
            if (frame_.done())
                return false;
            frame_.promise().continuation_ = awaiting;
            return true;
        }

        T await_resume() { return frame_.promise().take(); }

    private:
        std::coroutine_handle<promise_type> frame_;
    };

    awaiter operator co_await() && {
        detail::check(valid(), "a task was awaited that holds no coroutine; was it moved from?");
        return awaiter(frame_);
    }

private:
    friend promise_type;
    explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

    std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <class T>
task<T> task_promise<T>::get_return_object() noexcept {
    return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}

template <class T>
task<T&> task_promise<T&>::get_return_object() noexcept {
    return task<T&>(std::coroutine_handle<task_promise>::from_promise(*this));
}

inline task<void> task_promise<void>::get_return_object() noexcept {
    return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

}  // namespace detail

}  // namespace ringlet
