#include "liburing_listener.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace {

void prepare_accept(ring_listener* l) {
    io_uring_sqe* sqe = next_sqe(l->ring);
    io_uring_prep_multishot_accept(sqe, l->socket, nullptr, nullptr, SOCK_CLOEXEC);
    io_uring_sqe_set_data64(sqe, accept_tag);
}

void prepare_backoff(ring_listener* l) {
    static __kernel_timespec delay = {.tv_sec = 0, .tv_nsec = 100'000'000};
    io_uring_sqe* sqe = next_sqe(l->ring);
    io_uring_prep_timeout(sqe, &delay, 0, 0);
    io_uring_sqe_set_data64(sqe, backoff_tag);
}

void on_accept_ended(ring_listener* l, int result) {
    switch (-result) {
    case EINVAL:
        die("multishot accept (needs Linux 5.19)", result);
    case EBADF:
    case ENOTSOCK:
        die("accept", result);
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
        return prepare_backoff(l);  // re-armed at once it would fail at once, for ever
    default:
        return prepare_accept(l);  // ended by a full CQ, or by a connection that died in the queue
    }
}

}  // namespace

void start(ring_listener* l, int stop) {
    prepare_accept(l);
    io_uring_sqe* sqe = next_sqe(l->ring);
    io_uring_prep_poll_add(sqe, stop, POLLIN);
    io_uring_sqe_set_data64(sqe, stop_tag);
}

int take_accepted(ring_listener* l, const io_uring_cqe& done) {
    switch (done.user_data) {
    case accept_tag:
        if ((done.flags & IORING_CQE_F_MORE) == 0)
            on_accept_ended(l, done.res);
        return done.res >= 0 ? done.res : -1;
    case backoff_tag:
        prepare_accept(l);
        return -1;
    default:
        l->stopping = true;
        return -1;
    }
}
