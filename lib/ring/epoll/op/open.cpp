#include "keep.hpp"
#include "ring/epoll/op_description.hpp"
#include "system_call.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace ringlet::detail::epoll::op {

namespace open_op {

bool accepts(const io_uring_sqe& sqe) noexcept {
    return sqe.file_index == 0;
}

int work_openat(const waiting_operation& operation) noexcept {
    return result_of(uninterrupted([&] {
        return ::openat(operation.fd, pointer<char>(operation.addr),
                        static_cast<int>(operation.open_flags), static_cast<mode_t>(operation.len));
    }));
}

int work_openat2(const waiting_operation& operation) noexcept {
    return result_of(uninterrupted([&] {
        return ::syscall(SYS_openat2, operation.fd, operation.addr, operation.addr2, operation.len);
    }));
}

void keep_path_and_how(waiting_operation& operation, kept_memory& kept) {
    keep_path(operation, kept);
    std::memcpy(&kept.how, pointer<void>(operation.addr2),
                std::min<std::size_t>(operation.len, sizeof(kept.how)));
    operation.addr2 = reinterpret_cast<std::uintptr_t>(&kept.how);
}

}  // namespace open_op

extern const op_description openat{
    .accepts = open_op::accepts,
    .waits_for = awaited::worker,
    .keep = keep_path,
    .work = open_op::work_openat,
};

extern const op_description openat2{
    .accepts = open_op::accepts,
    .waits_for = awaited::worker,
    .keep = open_op::keep_path_and_how,
    .work = open_op::work_openat2,
};

}  // namespace ringlet::detail::epoll::op
