#include "liburing_broadcast.hpp"

#include "liburing_listener.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <vector>

namespace {

struct message {
    message* next_free;
    std::size_t unsent;  // to so many members it has yet to be sent
    std::size_t size;
    std::byte data[server_main::buffer_size];
};

struct member {
    int fd;
    message* incoming;   // what is received into
    message* outgoing;   // what is being sent, or none
    std::size_t sent;    // of it
    std::uint64_t next;  // the number of that, or of what is to be sent next
    bool leaving;
};

// Set in the user_data of a send; that of a receive is the member's address as it is.
constexpr std::uint64_t send_bit = 1;

struct server {
    io_uring ring;
    ring_listener listening;
    std::vector<member*> members;
    std::array<message*, server_main::messages_behind_max> log;  // by number, modulo its size
    std::uint64_t end;                                           // the number of the next message
    message* free_list;  // last in, first out: the warmest buffer is used next
};

message* new_message(server* s) {
    message* m = s->free_list;
    if (m != nullptr)
        s->free_list = m->next_free;
    else if ((m = static_cast<message*>(std::malloc(sizeof(message)))) == nullptr)
        die("malloc", -ENOMEM);
    return m;
}

void free_message(server* s, message* m) {
    m->next_free = s->free_list;
    s->free_list = m;
}

message*& numbered(server* s, std::uint64_t number) {
    return s->log[number % s->log.size()];
}

void release(server* s, message* m) {
    if (--m->unsent == 0)
        free_message(s, m);
}

void prepare_recv(server* s, member* c) {
    io_uring_sqe* sqe = next_sqe(&s->ring);
    io_uring_prep_recv(sqe, c->fd, c->incoming->data, sizeof c->incoming->data, 0);
    io_uring_sqe_set_data(sqe, c);
}

void prepare_send(server* s, member* c) {
    const message* m = c->outgoing;
    io_uring_sqe* sqe = next_sqe(&s->ring);
    io_uring_prep_send(sqe, c->fd, m->data + c->sent, m->size - c->sent,
                       MSG_WAITALL | MSG_NOSIGNAL);
    io_uring_sqe_set_data64(sqe, reinterpret_cast<std::uintptr_t>(c) | send_bit);
}

void send_next(server* s, member* c) {
    c->outgoing = numbered(s, c->next);
    c->sent = 0;
    prepare_send(s, c);
}

// Its receive ends by this, if it has not, and then the member itself.
void leave(server* s, member* c) {
    if (c->leaving)
        return;
    c->leaving = true;
    shutdown(c->fd, SHUT_RDWR);
    for (std::uint64_t number = c->next + (c->outgoing ? 1 : 0); number < s->end; ++number)
        release(s, numbered(s, number));
}

void join(server* s, int fd) {
    auto* c = new member{};
    c->fd = fd;
    c->incoming = new_message(s);
    c->next = s->end;
    s->members.push_back(c);
    prepare_recv(s, c);
}

void remove_if_done(server* s, member* c) {
    if (c->incoming != nullptr || c->outgoing != nullptr)
        return;
    s->members.erase(std::find(s->members.begin(), s->members.end(), c));
    close(c->fd);
    delete c;
}

void send_to_all(server* s, message* m) {
    for (member* c : s->members)
        if (!c->leaving && s->end - c->next == s->log.size())
            leave(s, c);  // it is too slow
    m->unsent = 1;        // until all have been counted
    numbered(s, s->end++) = m;
    for (member* c : s->members) {
        if (c->leaving)
            continue;
        ++m->unsent;
        if (c->outgoing == nullptr)
            send_next(s, c);
    }
    release(s, m);
}

void on_received(server* s, member* c, int result) {
    if (result > 0 && !c->leaving) {
        message* m = c->incoming;
        m->size = static_cast<std::size_t>(result);
        c->incoming = new_message(s);
        send_to_all(s, m);
    }
    if (!c->leaving && (result > 0 || result == -EAGAIN || result == -EINTR))
        return prepare_recv(s, c);
    leave(s, c);
    free_message(s, c->incoming);
    c->incoming = nullptr;
    remove_if_done(s, c);
}

void on_sent(server* s, member* c, int result) {
    if (result > 0)
        c->sent += static_cast<std::size_t>(result);
    else if (result != -EAGAIN && result != -EINTR)
        leave(s, c);
    if (!c->leaving && c->sent < c->outgoing->size)
        return prepare_send(s, c);
    release(s, c->outgoing);
    c->outgoing = nullptr;
    ++c->next;
    if (c->leaving)
        remove_if_done(s, c);
    else if (c->next < s->end)
        send_next(s, c);
}

void on_completion(server* s, const io_uring_cqe& done) {
    if (is_of_listener(done)) {
        if (const int fd = take_accepted(&s->listening, done); fd >= 0)
            join(s, fd);
        return;
    }
    auto* c = reinterpret_cast<member*>(done.user_data & ~send_bit);
    if ((done.user_data & send_bit) == 0)
        on_received(s, c, done.res);
    else
        on_sent(s, c, done.res);
}

}  // namespace

void serve_broadcast(int listener, int stop, const server_main::options&) {
    server s{};
    create_ring(&s.ring);
    s.listening = {.ring = &s.ring, .socket = listener, .stopping = false};
    start(&s.listening, stop);
    while (!s.listening.stopping) {
        submit_and_wait(&s.ring);
        each_completion(&s.ring, [&s](const io_uring_cqe& done) { on_completion(&s, done); });
    }
    // Members and messages end with the process: the kernel may yet write to them.
    io_uring_queue_exit(&s.ring);
}
