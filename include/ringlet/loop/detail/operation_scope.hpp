#pragma once

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/base/detail/list_hook.hpp>

#include <exception>
#include <system_error>

namespace ringlet::detail {

class operation;

/// The operations in flight under one owner, which can be cancelled together, with those of the
/// scopes inside this one. Cancelling never runs code of a program: each operation ends in a later
/// turn of the loop, with its result if it succeeded anyway.
///
/// One thread: the loop's. Lifetime: the scope outlives every operation begun under it and every
/// scope inside it.
class operation_scope : public list_hook {
public:
    /// Makes a scope inside `parent`, which is cancelled with it, or a scope of its own if `parent`
    /// is nullptr.
    explicit operation_scope(operation_scope* parent) noexcept;

    /// Asks every operation under the scope to end, and lets later ones fail at once, with
    /// `reason`: operation_canceled, or timed_out for a deadline. A scope that is cancelled already
    /// keeps its first reason.
    void cancel(std::errc reason = std::errc::operation_canceled);

    /// Whether the scope is cancelled.
    [[nodiscard]] bool cancelled() const noexcept { return reason_ != std::errc{}; }

    /// The reason for which the scope was cancelled, `deadline_passed()` for timed_out; no error if
    /// it was not.
    [[nodiscard]] std::error_code reason() const noexcept;

    /// Whether `exception` is the end of a coroutine that was cancelled with this scope, rather
    /// than a failure.
    [[nodiscard]] bool caused(const std::exception_ptr& exception) const noexcept;

    /// Adds an operation, which takes part in the scope until it unlinks itself.
    void add(operation& member) noexcept;

    /// Calls `visit` with each operation in flight under the scope or a scope inside it.
    template <class Visitor>
    void for_each_operation(const Visitor& visit) {
        operations_.for_each(visit);
        children_.for_each([&](operation_scope& child) { child.for_each_operation(visit); });
    }

private:
    intrusive_list<operation> operations_;
    intrusive_list<operation_scope> children_;
    std::errc reason_{};
};

}  // namespace ringlet::detail
