#include <ringlet/net/detail/control_data.hpp>

#include <cstring>

namespace ringlet::detail {

void control_data::append(msghdr& message, int level, int type, const void* data,
                          std::size_t size) noexcept {
    const cmsghdr header{.cmsg_len = CMSG_LEN(size), .cmsg_level = level, .cmsg_type = type};
    std::byte* const place = static_cast<std::byte*>(message.msg_control) + message.msg_controllen;
    std::memcpy(place, &header, sizeof(header));
    std::memcpy(place + CMSG_LEN(0), data, size);
    message.msg_controllen += CMSG_SPACE(size);
}

}  // namespace ringlet::detail
