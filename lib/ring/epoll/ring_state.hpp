#pragma once

#include "buffer_groups.hpp"
#include "completion_writer.hpp"
#include "wait_queues.hpp"

namespace ringlet::detail::epoll {

/// All that an attempt may use and change.
struct ring_state {
    /// CQEs go to `writer`. Throws std::system_error where there is no descriptor left.
    explicit ring_state(completion_writer& writer) : completions(writer), waiting(writer) {}

    /// Posts a CQE that more will follow, of a multishot SQE.
    void post_with_more(const io_uring_sqe& sqe, outcome partial) {
        completions.post({sqe.user_data, partial.result, partial.flags | IORING_CQE_F_MORE});
    }

    completion_writer& completions;
    buffer_groups buffers;
    wait_queues waiting;
};

}  // namespace ringlet::detail::epoll
