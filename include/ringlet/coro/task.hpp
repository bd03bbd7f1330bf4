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

    /// The coroutine that awaits this one; `suspension` follows it up the call stack.
    const suspension* awaited_by() const noexcept { return &continuation_; }

    // Empty as long as the awaiting coroutine has not suspended: see task's awaiter.
    suspension continuation_;

private:
    std::exception_ptr exception_;
};

template <class T>
class task_promise final : public task_promise_base {
public:
    task<T> get_return_object() noexcept;

    // Accepts what `return` accepts: a braced list is fine, an explicit constructor is not called.
    template <std::convertible_to<T> U = T>
    void return_value(U&& value) {
        value_.emplace(std::forward<U>(value));
    }

    T result() {
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

    T& result() const {
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
    void result() const { rethrow(); }
};

}  // namespace detail

/// The return type of a coroutine. The coroutine begins when its task is awaited, and gives its
/// result or its exception to the coroutine that awaits it. A task is awaited at most once, in the
/// loop's thread.
///
/// Lifetime: the task owns the coroutine's frame. A task that has not begun may be destroyed; a
/// task that has begun must be awaited to its end. Arguments by reference must outlive the await.
///
/// An await whose task ends without suspending uses no stack, even where the compiler does not make
/// symmetric transfer a tail call (GCC below -O2): ten million of them in a row are fine.
template <class T>
class [[nodiscard]] task {
public:
    using promise_type = detail::task_promise<T>;
    using value_type = T;

    /// Makes a task without a coroutine, which must not be awaited.
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

    /// Begins the task, and waits for its end, in the frame of the awaiting coroutine.
    class awaiter {
    public:
        explicit awaiter(std::coroutine_handle<promise_type> begun) noexcept : frame_(begun) {}

        bool await_ready() const noexcept { return false; }

        // Runs the task inside this call up to its first suspension. Only if the task has not ended
        // by then does the awaiting coroutine suspend too, to be resumed at the task's end. So no
        // resumption ever nests in another.
        bool await_suspend(detail::suspension awaiting) {
            frame_.resume();
            if (frame_.done())
                return false;
            frame_.promise().continuation_ = awaiting;
            return true;
        }

        T await_resume() { return frame_.promise().result(); }

    private:
        std::coroutine_handle<promise_type> frame_;
    };

    // Compilers show this line for `co_await task`, where it takes a std::move.
    awaiter operator co_await() const& = delete;  // awaited once: co_await std::move(task)

    /// Awaits the task, as in `co_await read(client)` or `co_await std::move(reading)`.
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
