#include "keep.hpp"
#include "ring/epoll/op_description.hpp"
#include "system_call.hpp"

#include <sys/stat.h>

namespace ringlet::detail::epoll::op {

namespace statx_op {

int work(const waiting_operation& operation) noexcept {
    return result_of(uninterrupted([&] {
        return ::statx(operation.fd, pointer<char>(operation.addr),
                       static_cast<int>(operation.statx_flags), operation.len,
                       pointer<struct ::statx>(operation.addr2));
    }));
}

}  // namespace statx_op

extern const op_description statx{
    .waits_for = awaited::worker,
    .keep = keep_path,
    .work = statx_op::work,
};

}  // namespace ringlet::detail::epoll::op
