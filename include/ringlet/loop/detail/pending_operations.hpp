#pragma once

#include <ringlet/base/detail/check.hpp>
#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/operation.hpp>

namespace ringlet::detail {

class settled_operation;

/// The operations that are pending on an object, such as a socket or a file. It is a member of the
/// object, which therefore knows when it may move, close or end. An operation is pending from
/// suspending until its coroutine goes on. Classes that derive from this one let one operation at a
/// time be pending (direction), or several (operation_group).
///
/// One thread: the loop's.
class pending_operations {
public:
    pending_operations() noexcept = default;
    pending_operations(const pending_operations&) = delete;
    pending_operations& operator=(const pending_operations&) = delete;

    /// Whether no operation is pending.
    [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }

    /// The operation that began last, or nullptr.
    [[nodiscard]] operation* newest() const noexcept;

    /// Waits until no operation is pending: `co_await settled(core)`. Throws std::system_error only
    /// if the scope of the awaiting coroutine is cancelled. Lifetime: this object lasts until the
    /// await is over.
    [[nodiscard]] settled_operation settled(loop_core& core) noexcept;

    /// Ends the program, with `sentence`, if an operation is pending.
    void check_none(const char* sentence) const noexcept { check(empty(), sentence); }

protected:
    ~pending_operations() = default;

    /// Replaces the newest operation. With nullptr no operation is pending any more, and coroutines
    /// that await that go on.
    void set_newest(operation* newest) noexcept;

    // The newest operation. While coroutines are suspended in `settled` this is the first of their
    // settled_operations instead, which keeps the newest operation meanwhile. So they take no room
    // in the object, and a lone operation ends without looking for them.
    operation* head_ = nullptr;

private:
    friend settled_operation;

    [[nodiscard]] settled_operation& first_waiting() const noexcept;
    void wait(settled_operation& waiter) noexcept;
    void stop_waiting(settled_operation& waiter) noexcept;
    void resume_waiting() noexcept;

    bool awaited_ = false;  // whether head_ is a settled_operation
};

/// The sentences that end the program where an object is moved or destroyed too early.
struct pending_sentences {
    const char* moved;
    const char* destroyed;
};

/// The operations that are pending on an object which may move while none is; `Base` is
/// pending_operations or derives from it.
template <class Base, const pending_sentences& Sentences>
class pending_on : public Base {
public:
    pending_on() noexcept = default;
    pending_on(pending_on&& other) noexcept { other.check_none(Sentences.moved); }
    pending_on& operator=(pending_on&& other) noexcept {
        this->check_none(Sentences.moved);
        other.check_none(Sentences.moved);
        return *this;
    }
    ~pending_on() { this->check_none(Sentences.destroyed); }
};

/// Waits until no operation is pending on an object.
class settled_operation final : public operation {
public:
    settled_operation(loop_core& core, pending_operations& object) noexcept
        : operation(core), object_(object) {}

    [[nodiscard]] bool await_ready() noexcept;
    void await_suspend(suspension waiter) noexcept;
    void await_resume() const { report(throws, "settled"); }

    void cancel() override;

private:
    friend pending_operations;

    pending_operations& object_;
    operation* newest_ = nullptr;        // of the object, if this is the first to wait
    settled_operation* next_ = nullptr;  // the next to wait
};

inline settled_operation pending_operations::settled(loop_core& core) noexcept {
    return {core, *this};
}

}  // namespace ringlet::detail
