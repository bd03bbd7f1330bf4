#pragma once

#include "forked_child.hpp"
#include "loop/manual_grouped_operation.hpp"

#include <optional>
#include <utility>

/// How an object ends its life or moves while an operation on it is pending.
enum class early_end { moved, overwritten, destroyed };

/// Does that, in a child process, to a `Pending`.
template <class Pending>
child_end run_early_end(early_end kind) {
    return run_in_child([=] {
        ringlet::loop owner;
        std::optional<Pending> pending(std::in_place);
        manual_grouped_operation one(owner, &*pending);
        one.begin();
        Pending other;
        if (kind == early_end::moved)
            other = std::move(*pending);
        else if (kind == early_end::overwritten)
            *pending = std::move(other);
        else
            pending.reset();
        return 0;
    });
}
