#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstring>

namespace ringlet::detail {

/// The control data of a message, beside its bytes. cmsg(3).
class control_data {
public:
    /// Adds one piece to `message`, of which `message.msg_controllen` bytes are in use already;
    /// there is room for it.
    static void append(msghdr& message, int level, int type, const void* data,
                       std::size_t size) noexcept;

    /// Copies the piece of `level` and `type` that `received` has into `found`. Returns false, and
    /// leaves `found` as it is, if there is none.
    template <class Data>
    static bool find(msghdr& received, int level, int type, Data& found) noexcept {
        for (cmsghdr* next = CMSG_FIRSTHDR(&received); next != nullptr;
             next = CMSG_NXTHDR(&received, next)) {
            if (next->cmsg_level != level || next->cmsg_type != type)
                continue;
            std::memcpy(&found, CMSG_DATA(next), sizeof(found));
            return true;
        }
        return false;
    }
};

}  // namespace ringlet::detail
