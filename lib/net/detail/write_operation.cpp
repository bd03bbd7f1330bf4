#include "net/detail/file_position.hpp"
#include "net/detail/write_ready.hpp"

#include <ringlet/net/detail/write_operation.hpp>

#include <poll.h>

#include <cerrno>

namespace ringlet::detail {

std::size_t write_operation::await_resume() {
    end();
    report(error_, name);
    return bytes_.gone();
}

void write_operation::prepare(io_uring_sqe& sqe) {
    if (is_file_)
        io_uring_prep_write(&sqe, fd_, bytes_.next(), static_cast<unsigned>(bytes_.chunk()),
                            file_position);
    else
        io_uring_prep_poll_add(&sqe, fd_, POLLOUT);
}

void write_operation::complete(const completion& cqe) {
    if (cqe.result == -EBADF && way_.ended())
        finish(-EPIPE);
    else if (cqe.result < 0)
        ring_operation::complete(cqe);
    else
        written(is_file_ ? cqe.result : write_ready(fd_, bytes_.next(), bytes_.chunk()));
}

void write_operation::written(int count) {
    if (count == -EAGAIN) {
        go_on();
        return;
    }
    if (count > 0) {
        bytes_.note_gone(static_cast<std::size_t>(count));
        way_.progress(static_cast<std::size_t>(count), core_->turn_began());
    }
    if (count > 0 && bytes_.all_wanted() && bytes_.chunk() > 0)
        go_on();
    else
        finish(count == 0 ? -EIO : count);  // a descriptor that takes nothing takes nothing more
}

}  // namespace ringlet::detail
