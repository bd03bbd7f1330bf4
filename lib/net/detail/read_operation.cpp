#include "net/detail/file_position.hpp"

#include <ringlet/net/detail/read_operation.hpp>

#include <poll.h>

namespace ringlet::detail {

std::size_t read_operation::await_resume() {
    end();
    way_.received(result_, core_->turn_began());
    report(error_, name);
    return result_ < 0 ? 0 : static_cast<std::size_t>(result_);
}

void read_operation::prepare(io_uring_sqe& sqe) {
    io_uring_prep_read(&sqe, fd_, data_, static_cast<unsigned>(size_), file_position);
}

ring_operation::readiness read_operation::missing_readiness() noexcept {
    return {fd_, POLLIN};
}

}  // namespace ringlet::detail
