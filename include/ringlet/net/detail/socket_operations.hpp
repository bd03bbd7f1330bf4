#pragma once

#include <ringlet/loop/detail/operation_group.hpp>

namespace ringlet::detail {

inline constexpr pending_sentences socket_sentences{
    .moved = "a socket was moved while an operation on it was pending; await the operation first",
    .destroyed = "a socket was destroyed while an operation on it was pending; await close() "
                 "first, or cancel the operation and await it; what the tasks of a group use is "
                 "declared outside of the group's body",
};

/// The operations that are pending on a socket which takes any number of them at once.
using socket_operations = pending_on<operation_group, socket_sentences>;

}  // namespace ringlet::detail
