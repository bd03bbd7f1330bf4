#pragma once

#include <ringlet/loop/detail/operation_group.hpp>

namespace ringlet::detail {

inline constexpr pending_sentences file_sentences{
    .moved = "a file was moved while an operation on it was pending; await the operation first",
    .destroyed = "a file was destroyed while an operation on it was pending; await the operation "
                 "first",
};

/// The operations that are pending on a file, which takes any number of them at once.
using file_operations = pending_on<operation_group, file_sentences>;

}  // namespace ringlet::detail
