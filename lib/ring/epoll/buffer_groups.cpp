#include "buffer_groups.hpp"

#include <algorithm>
#include <cerrno>

namespace ringlet::detail::epoll {

namespace {

constexpr int buffers_max = 65'536;  // an id has 16 bits

}  // namespace

int buffer_groups::provide(const io_uring_sqe& sqe) {
    const int count = sqe.fd;
    if (count <= 0 || count > buffers_max)
        return -E2BIG;
    if (sqe.off + static_cast<unsigned>(count) > buffers_max)
        return -EINVAL;
    if (sqe.len == 0)
        return -EFAULT;
    std::deque<buffer>& group = groups_[sqe.buf_group];
    for (unsigned i = 0; i < static_cast<unsigned>(count); ++i)
        group.push_back({sqe.addr + std::uint64_t{i} * sqe.len, sqe.len,
                         static_cast<std::uint16_t>(sqe.off + i)});
    return 0;
}

int buffer_groups::remove(const io_uring_sqe& sqe) noexcept {
    const auto found = groups_.find(sqe.buf_group);
    if (found == groups_.end())
        return -ENOENT;
    std::deque<buffer>& group = found->second;
    const auto count = std::min(group.size(), static_cast<std::size_t>(std::max(sqe.fd, 0)));
    group.erase(group.begin(), group.begin() + static_cast<std::ptrdiff_t>(count));
    return static_cast<int>(count);
}

const buffer_groups::buffer* buffer_groups::next(std::uint16_t group) const noexcept {
    const auto found = groups_.find(group);
    return found == groups_.end() || found->second.empty() ? nullptr : &found->second.front();
}

}  // namespace ringlet::detail::epoll
