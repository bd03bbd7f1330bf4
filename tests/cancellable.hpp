#pragma once

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/task.hpp>

#include <utility>

/// Awaits `inner` under a scope of its own, which `scope` points to meanwhile: to be cancelled by
/// others.
inline ringlet::task<> cancellable(ringlet::cancel_scope*& scope, ringlet::task<> inner) {
    ringlet::cancel_scope own;
    scope = &own;
    co_await std::move(inner);
}
