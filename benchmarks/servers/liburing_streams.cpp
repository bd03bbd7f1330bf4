#include "liburing_streams.hpp"

#include "deadlines.hpp"
#include "liburing_listener.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <vector>

namespace {

struct connection {
    connection* next_free;
    int fd;
    std::size_t owed;   // bytes to send; 0 while receiving
    std::size_t sent;   // of what was received
    std::size_t taken;  // of a sink's message that is not complete
    std::byte buffer[server_main::buffer_size];
};

struct server {
    io_uring ring;
    ring_listener listening;
    const server_main::options* chosen;
    std::optional<deadlines> times;
    std::vector<std::byte> zeros;  // what a sink and a source send
    connection* free_list;         // last in, first out: the warmest buffer is used next
};

void prepare_recv(server* s, connection* c) {
    c->owed = 0;
    io_uring_sqe* sqe = next_sqe(&s->ring);
    io_uring_prep_recv(sqe, c->fd, c->buffer, sizeof c->buffer, 0);
    io_uring_sqe_set_data(sqe, c);
}

void prepare_send(server* s, connection* c) {
    io_uring_sqe* sqe = next_sqe(&s->ring);
    const bool echoes = s->chosen->does == service::echo || s->chosen->does == service::once;
    io_uring_prep_send(sqe, c->fd, echoes ? c->buffer + c->sent : s->zeros.data(),
                       echoes ? c->owed : std::min(c->owed, s->zeros.size()),
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
    c->taken = 0;
    if (s->times)
        s->times->renew(fd);
    prepare_recv(s, c);
}

void close_connection(server* s, connection* c) {
    if (s->times)
        s->times->forget(c->fd);
    close(c->fd);
    c->next_free = s->free_list;
    s->free_list = c;
}

void owe(server* s, connection* c, std::size_t received) {
    const std::size_t message_bytes = s->chosen->message_bytes;
    switch (s->chosen->does) {
    case service::echo:
    case service::once:
        c->owed = received;
        c->sent = 0;
        return;
    case service::sink:
        c->taken += received;
        c->owed = c->taken / message_bytes;
        c->taken %= message_bytes;
        return;
    case service::source:
        c->owed = received * message_bytes;
        return;
    case service::broadcast:
        return;  // has a server of its own
    }
}

void on_received(server* s, connection* c, int result) {
    if (result <= 0 && result != -EAGAIN && result != -EINTR)
        return close_connection(s, c);
    if (result > 0) {
        if (s->times)
            s->times->renew(c->fd);
        owe(s, c, static_cast<std::size_t>(result));
    }
    if (c->owed > 0)
        prepare_send(s, c);
    else
        prepare_recv(s, c);
}

void on_sent(server* s, connection* c, int result) {
    if (result < 0 && result != -EAGAIN && result != -EINTR)
        return close_connection(s, c);
    if (result > 0) {
        c->owed -= static_cast<std::size_t>(result);
        c->sent += static_cast<std::size_t>(result);
    }
    if (c->owed > 0)
        prepare_send(s, c);
    else if (s->chosen->does == service::once)
        close_connection(s, c);
    else
        prepare_recv(s, c);
}

void on_completion(server* s, const io_uring_cqe& cqe) {
    if (is_of_listener(cqe)) {
        if (const int fd = take_accepted(&s->listening, cqe); fd >= 0)
            open_connection(s, fd);
        return;
    }
    auto* c = static_cast<connection*>(io_uring_cqe_get_data(&cqe));
    if (c->owed == 0)
        on_received(s, c, cqe.res);
    else
        on_sent(s, c, cqe.res);
}

void submit_and_wait_for_next(server* s) {
    if (!s->times)
        return submit_and_wait(&s->ring);
    const std::chrono::nanoseconds timeout = s->times->until_next();
    const auto whole = std::chrono::floor<std::chrono::seconds>(timeout);
    __kernel_timespec time = {.tv_sec = whole.count(), .tv_nsec = (timeout - whole).count()};
    submit_and_wait(&s->ring, &time);
    s->times->begin_turn();
}

// Ends connections that have been silent for too long: their pending operations fail, which closes
// them.
void end_silent_connections(server* s) {
    if (s->times)
        s->times->expire([](int fd) { shutdown(fd, SHUT_RDWR); });
}

}  // namespace

void serve_streams(int listener, int stop, const server_main::options& chosen) {
    server s{};
    s.chosen = &chosen;
    s.zeros.resize(chosen.does == service::source ? server_main::source_send_max
                                                  : server_main::buffer_size);
    create_ring(&s.ring);
    s.listening = {.ring = &s.ring, .socket = listener, .stopping = false};
    start(&s.listening, stop);
    if (chosen.timers > 0)
        s.times.emplace(chosen.timers);
    while (!s.listening.stopping) {
        submit_and_wait_for_next(&s);
        each_completion(&s.ring, [&s](const io_uring_cqe& done) { on_completion(&s, done); });
        end_silent_connections(&s);
    }
    // Connections still open end with the process: the kernel may yet write to their buffers.
    io_uring_queue_exit(&s.ring);
}
