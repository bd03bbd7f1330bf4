// The limit: an echo server on liburing in C style, by hand, with nothing between it and the
// kernel.
//
// One thread, one ring. Multishot accept; per connection one operation at a time: a single-shot
// recv into the connection's own buffer, then a send of what came with MSG_WAITALL, so that the
// kernel finishes short sends. As no operation is in flight when one completes, closing is a plain
// close(2), and nothing is ever cancelled.

#include "echo_server.hpp"

#include <liburing.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iterator>

namespace {

// user_data is the connection, or one of these: the first page is never anybody's address.
enum : std::uint64_t { accept_tag = 1, backoff_tag, stop_tag };

struct connection {
    connection* next_free;
    int fd;
    unsigned length;  // bytes to echo; 0 while receiving
    unsigned sent;
    std::byte buffer[echo_server::buffer_size];
};

struct server {
    io_uring ring;
    int listener;
    bool stopping;
    connection* free_list;  // last in, first out: the warmest buffer is used next
};

[[noreturn]] void die(const char* operation, int result) {
    std::fprintf(stderr, "liburing_echo: %s: %s\n", operation, std::strerror(-result));
    std::exit(1);
}

// Best flags first; a kernel that does not know one answers EINVAL.
void create_ring(io_uring* ring) {
    constexpr unsigned always = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
    constexpr unsigned candidates[] = {
        always | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
        always | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN,
        always | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN,
        always,
    };
    int result = -EINVAL;
    for (auto flags = std::begin(candidates); result == -EINVAL && flags != std::end(candidates);
         ++flags) {
        io_uring_params params{};
        params.flags = *flags;
        params.cq_entries = 16 * 1024;
        result = io_uring_queue_init_params(1024, ring, &params);
    }
    if (result < 0)
        die("io_uring_setup", result);
    io_uring_register_ring_fd(
        ring);  // saves looking the descriptor up on every enter; works without
}

io_uring_sqe* next_sqe(server* s) {
    io_uring_sqe* sqe;
    while ((sqe = io_uring_get_sqe(&s->ring)) == nullptr) {
        const int result = io_uring_submit(&s->ring);
        if (result < 0 && result != -EINTR && result != -EBUSY && result != -EAGAIN)
            die("io_uring_submit", result);
    }
    return sqe;
}

void prepare_accept(server* s) {
    io_uring_sqe* sqe = next_sqe(s);
    io_uring_prep_multishot_accept(sqe, s->listener, nullptr, nullptr, SOCK_CLOEXEC);
    io_uring_sqe_set_data64(sqe, accept_tag);
}

void prepare_backoff(server* s) {
    static __kernel_timespec delay = {.tv_sec = 0, .tv_nsec = 100'000'000};
    io_uring_sqe* sqe = next_sqe(s);
    io_uring_prep_timeout(sqe, &delay, 0, 0);
    io_uring_sqe_set_data64(sqe, backoff_tag);
}

void prepare_stop(server* s, int signals) {
    io_uring_sqe* sqe = next_sqe(s);
    io_uring_prep_poll_add(sqe, signals, POLLIN);
    io_uring_sqe_set_data64(sqe, stop_tag);
}

void prepare_recv(server* s, connection* c) {
    c->length = 0;
    io_uring_sqe* sqe = next_sqe(s);
    io_uring_prep_recv(sqe, c->fd, c->buffer, sizeof c->buffer, 0);
    io_uring_sqe_set_data(sqe, c);
}

void prepare_send(server* s, connection* c) {
    io_uring_sqe* sqe = next_sqe(s);
    io_uring_prep_send(sqe, c->fd, c->buffer + c->sent, c->length - c->sent,
                       MSG_WAITALL | MSG_NOSIGNAL);
    io_uring_sqe_set_data(sqe, c);
}

void open_connection(server* s, int fd) {
    connection* c = s->free_list;
    if (c != nullptr)
        s->free_list = c->next_free;
    else
        c = static_cast<connection*>(std::malloc(sizeof(connection)));
    if (c == nullptr) {
        close(fd);
        return;
    }
    c->fd = fd;
    prepare_recv(s, c);
}

void close_connection(server* s, connection* c) {
    close(c->fd);
    c->next_free = s->free_list;
    s->free_list = c;
}

void on_accept(server* s, int result, unsigned flags) {
    if (result >= 0)
        open_connection(s, result);
    if (flags & IORING_CQE_F_MORE)
        return;
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
        return prepare_backoff(s);  // re-armed at once it would fail at once, for ever
    default:
        return prepare_accept(s);  // ended by a full CQ, or by a connection that died in the queue
    }
}

void on_received(server* s, connection* c, int result) {
    if (result > 0) {
        c->length = static_cast<unsigned>(result);
        c->sent = 0;
        prepare_send(s, c);
    } else if (result == -EAGAIN || result == -EINTR) {
        prepare_recv(s, c);
    } else {
        close_connection(s, c);
    }
}

void on_sent(server* s, connection* c, int result) {
    if (result < 0 && result != -EAGAIN && result != -EINTR)
        return close_connection(s, c);
    if (result > 0)
        c->sent += static_cast<unsigned>(result);
    if (c->sent < c->length)
        prepare_send(s, c);
    else
        prepare_recv(s, c);
}

void on_completion(server* s, const io_uring_cqe& cqe) {
    switch (cqe.user_data) {
    case accept_tag:
        return on_accept(s, cqe.res, cqe.flags);
    case backoff_tag:
        return prepare_accept(s);
    case stop_tag:
        s->stopping = true;
        return;
    default:
        auto* c = static_cast<connection*>(io_uring_cqe_get_data(&cqe));
        return c->length == 0 ? on_received(s, c, cqe.res) : on_sent(s, c, cqe.res);
    }
}

void run(server* s) {
    while (!s->stopping) {
        const int result = io_uring_submit_and_wait(&s->ring, 1);
        // EBUSY, EAGAIN: the kernel wants completions taken before it takes more submissions.
        if (result < 0 && result != -EINTR && result != -EBUSY && result != -EAGAIN)
            die("io_uring_enter", result);
        unsigned head;
        io_uring_cqe* cqe;
        io_uring_for_each_cqe(&s->ring, head, cqe) {
            const io_uring_cqe done = *cqe;
            io_uring_cq_advance(&s->ring,
                                1);  // first: a full queue could stop next_sqe from submitting
            on_completion(s, done);
        }
    }
}

}  // namespace

int main(int argc, char** argv) try {
    const auto where =
        echo_server::parse_command_line(argc, argv, "Echo server on liburing, by hand: the limit.");
    const int signals = echo_server::stop_signals();
    server s{};
    // Blocking on purpose: with O_NONBLOCK the ring reports EAGAIN where it should wait.
    s.listener = echo_server::listen_on(where, 0);
    create_ring(&s.ring);
    prepare_accept(&s);
    prepare_stop(&s, signals);
    echo_server::announce(s.listener);
    run(&s);
    // Connections still open end with the process: the kernel may yet write to their buffers.
    io_uring_queue_exit(&s.ring);
} catch (const std::exception& error) {
    std::fprintf(stderr, "liburing_echo: %s\n", error.what());
    return 1;
}
