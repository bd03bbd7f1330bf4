#include "operation.hpp"

#include <algorithm>
#include <cstring>

namespace ringlet::testing::detail {

void operation::keep_message() {
    if (!is_message()) {
        buffers_.assign(1, {memory<void>(), sqe.len});
        return;
    }
    message_ = *memory<msghdr>();
    buffers_.assign(message_.msg_iov, message_.msg_iov + message_.msg_iovlen);
    if (sqe.opcode != IORING_OP_SENDMSG)
        return;
    const auto keep = [](std::vector<std::byte>& kept, void*& data, std::size_t size) {
        if (data == nullptr)
            return;
        const auto* const bytes = static_cast<const std::byte*>(data);
        kept.assign(bytes, bytes + size);
        data = kept.data();
    };
    keep(name_, message_.msg_name, message_.msg_namelen);
    keep(control_, message_.msg_control, message_.msg_controllen);
}

std::size_t operation::size() const noexcept {
    std::size_t sum = 0;
    for (const iovec& buffer : buffers())
        sum += buffer.iov_len;
    return sum;
}

std::size_t operation::fill(std::size_t offset, std::span<const std::byte> bytes) noexcept {
    std::size_t copied = 0;
    for (const iovec& buffer : buffers()) {
        const std::size_t skipped = std::min(offset, buffer.iov_len);
        offset -= skipped;
        const std::size_t count = std::min(buffer.iov_len - skipped, bytes.size() - copied);
        if (count > 0)
            std::memcpy(static_cast<std::byte*>(buffer.iov_base) + skipped, bytes.data() + copied,
                        count);
        copied += count;
    }
    return copied;
}

void operation::append_to(std::vector<std::byte>& bytes, std::size_t offset,
                          std::size_t count) const {
    for (const iovec& buffer : buffers()) {
        const std::size_t skipped = std::min(offset, buffer.iov_len);
        offset -= skipped;
        const std::size_t taken = std::min(buffer.iov_len - skipped, count);
        const auto* const first = static_cast<const std::byte*>(buffer.iov_base) + skipped;
        bytes.insert(bytes.end(), first, first + taken);
        count -= taken;
    }
}

}  // namespace ringlet::testing::detail
