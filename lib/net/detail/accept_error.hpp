#pragma once

#include <cerrno>

namespace ringlet::detail {

/// Whether an error says that the system is out of descriptors or memory. The client keeps waiting
/// in the backlog, and an accept that is made again at once would fail again at once.
[[nodiscard]] inline bool means_overload(int error) noexcept {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/// Whether an error of accept(2) says that one connection is lost and the next one may do: an abort
/// before the connection was accepted, or an error of the network that accept passes on.
[[nodiscard]] inline bool concerns_one_client(int error) noexcept {
    switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
    case EINTR:
        return true;
    default:
        return false;
    }
}

}  // namespace ringlet::detail
