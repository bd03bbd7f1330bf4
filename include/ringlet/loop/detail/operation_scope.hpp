#pragma once

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/base/detail/list_hook.hpp>

#include <exception>
#include <system_error>

namespace ringlet::detail {

class operation;

/// The operations in flight under one owner, so that they can be cancelled together, with those of
/// the scopes inside it. Cancelling never runs user code: each operation ends in a later turn of
/// the loop, with its result if it succeeded anyway.
///
/// One thread: the loop's. Lifetime: outlives every operation begun under it and every scope
/// inside.
class operation_scope : public list_hook {
public:
    /// A scope inside `parent`, cancelled with it, or on its own if that is nullptr.
    explicit operation_scope(operation_scope* parent) noexcept;

    /// Asks every operation under the scope to end, and lets later ones fail at once, with
    /// `reason`: operation_canceled, or timed_out when a deadline did it. The first reason stays.
    void cancel(std::errc reason = std::errc::operation_canceled);

    [[nodiscard]] bool cancelled() const noexcept { return reason_ != std::errc{}; }

    /// Why the scope was cancelled; no error if it was not.
    [[nodiscard]] std::error_code reason() const noexcept { return std::make_error_code(reason_); }

    /// Whether `exception` is how a coroutine ends that was cancelled with this scope: no failure.
    [[nodiscard]] bool caused(const std::exception_ptr& exception) const noexcept;

    /// For operations: takes part in the scope until it unlinks.
    void add(operation& member) noexcept;

    /// Calls `visit` with each operation in flight under the scope or one inside it.
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
