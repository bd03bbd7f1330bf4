#pragma once

#include "ring/epoll/waiting_operation.hpp"
#include "system_call.hpp"

#include <cstring>

namespace ringlet::detail::epoll::op {

[[nodiscard]] inline std::vector<std::byte> copy_of(const void* data, std::size_t size) {
    const auto* const begin = static_cast<const std::byte*>(data);
    return {begin, begin + (data == nullptr ? 0 : size)};
}

/// Has `addr` point to a copy of the `size` bytes that it points to.
inline void keep_name(waiting_operation& operation, kept_memory& kept, std::size_t size) {
    kept.name = copy_of(pointer<void>(operation.addr), size);
    operation.addr = reinterpret_cast<std::uintptr_t>(kept.name.data());
}

/// Has `addr` point to a copy of the path that it points to.
inline void keep_path(waiting_operation& operation, kept_memory& kept) {
    keep_name(operation, kept, std::strlen(pointer<char>(operation.addr)) + 1);
}

}  // namespace ringlet::detail::epoll::op
