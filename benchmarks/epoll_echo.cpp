// The baseline that every ratio is taken against: an echo server on epoll, written by hand, as well
// as we can.
//
// One thread, level-triggered. A readable connection gets one recv and, at once, one send: the send
// nearly always takes everything, so a message costs two system calls and its share of an
// epoll_wait. All connections share one receive buffer, which therefore stays in the cache. What a
// peer does not take is set aside, and until it has been taken nothing more is read from that peer:
// memory is bounded, and TCP slows the sender down.

#include "echo_server.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>
#include <system_error>
#include <vector>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

bool worth_retrying(int error) noexcept {
    return error == EAGAIN || error == EINTR;
}

class epoll_echo {
public:
    // Borrows both descriptors. The listener must be non-blocking. Throws std::system_error.
    epoll_echo(int listener, int stop);
    ~epoll_echo() { ::close(epoll_); }
    epoll_echo(const epoll_echo&) = delete;
    epoll_echo& operator=(const epoll_echo&) = delete;

    // Serves until `stop` is readable.
    void run();

private:
    void accept_all();
    void pause_accepting();
    void resume_accepting();
    void add_connection(int fd);
    void drop_connection(int fd);

    void serve(int fd);
    void echo(int fd);
    void set_aside(int fd, const std::byte* first, const std::byte* last);
    void send_rest(int fd);

    bool control(int operation, int fd, std::uint32_t events) noexcept;
    std::vector<std::byte>& unsent(int fd) { return unsent_[static_cast<std::size_t>(fd)]; }

    int epoll_;
    int listener_;
    int stop_;
    bool accepting_ = true;
    steady::time_point resume_at_{};  // read only while not accepting
    std::array<std::byte, echo_server::buffer_size> buffer_;
    std::array<epoll_event, 1024> events_;
    std::vector<std::vector<std::byte>>
        unsent_;  // by descriptor; empty unless the peer is slow to read
};

epoll_echo::epoll_echo(int listener, int stop)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), listener_(listener), stop_(stop) {
    if (epoll_ < 0)
        throw std::system_error(errno, std::generic_category(), "epoll_create1");
    if (!control(EPOLL_CTL_ADD, listener_, EPOLLIN) || !control(EPOLL_CTL_ADD, stop_, EPOLLIN))
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void epoll_echo::run() {
    for (;;) {
        const int wait_ms = accepting_ ? -1 : 100;
        const int count =
            ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), wait_ms);
        if (count < 0 && errno != EINTR)
            throw std::system_error(errno, std::generic_category(), "epoll_wait");
        for (int i = 0; i < count; ++i) {
            const int fd = events_[static_cast<std::size_t>(i)].data.fd;
            if (fd == stop_)
                return;
            if (fd == listener_)
                accept_all();
            else
                serve(fd);
        }
        if (!accepting_ && steady::now() >= resume_at_)
            resume_accepting();
    }
}

void epoll_echo::accept_all() {
    for (;;) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            add_connection(fd);
            continue;
        }
        switch (errno) {
        case EAGAIN:
            return;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
            return pause_accepting();
        case EBADF:
        case EINVAL:
        case ENOTSOCK:
            throw std::system_error(errno, std::generic_category(), "accept4");
        default:
            break;  // accept(2): the error of a connection that died in the queue; take the next
        }
    }
}

// Out of descriptors or memory, the clients still queued would keep the listener readable, and the
// loop spinning. They lose nothing by waiting in the backlog.
void epoll_echo::pause_accepting() {
    accepting_ = !control(EPOLL_CTL_MOD, listener_, 0);
    resume_at_ = steady::now() + 100ms;
}

void epoll_echo::resume_accepting() {
    accepting_ = control(EPOLL_CTL_MOD, listener_, EPOLLIN);
}

void epoll_echo::add_connection(int fd) {
    if (unsent_.size() <= static_cast<std::size_t>(fd))
        unsent_.resize(static_cast<std::size_t>(fd) + 1);
    if (!control(EPOLL_CTL_ADD, fd, EPOLLIN))
        drop_connection(fd);
}

void epoll_echo::drop_connection(int fd) {
    unsent(fd).clear();
    ::close(fd);  // also leaves the epoll set, as nothing duplicates these descriptors
}

// Errors and hang-ups need no case of their own: the system call they make ready reports them.
void epoll_echo::serve(int fd) {
    if (unsent(fd).empty())
        echo(fd);
    else
        send_rest(fd);
}

void epoll_echo::echo(int fd) {
    const ssize_t received = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (received <= 0) {
        if (received == 0 || !worth_retrying(errno))
            drop_connection(fd);
        return;
    }
    const ssize_t sent =
        ::send(fd, buffer_.data(), static_cast<std::size_t>(received), MSG_NOSIGNAL);
    if (sent == received)
        return;
    if (sent < 0 && !worth_retrying(errno))
        return drop_connection(fd);
    set_aside(fd, buffer_.data() + (sent < 0 ? 0 : sent), buffer_.data() + received);
}

void epoll_echo::set_aside(int fd, const std::byte* first, const std::byte* last) {
    unsent(fd).assign(first, last);
    if (!control(EPOLL_CTL_MOD, fd, EPOLLOUT))
        drop_connection(fd);
}

void epoll_echo::send_rest(int fd) {
    auto& rest = unsent(fd);
    const ssize_t sent = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0) {
        if (!worth_retrying(errno))
            drop_connection(fd);
        return;
    }
    rest.erase(rest.begin(), rest.begin() + sent);
    if (rest.empty() && !control(EPOLL_CTL_MOD, fd, EPOLLIN))
        drop_connection(fd);
}

bool epoll_echo::control(int operation, int fd, std::uint32_t events) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    return ::epoll_ctl(epoll_, operation, fd, &event) == 0;
}

}  // namespace

int main(int argc, char** argv) try {
    const auto where =
        echo_server::parse_command_line(argc, argv, "Echo server on epoll, by hand: the baseline.");
    const int stop = echo_server::stop_signals();
    const int listener = echo_server::listen_on(where, SOCK_NONBLOCK);
    epoll_echo server(listener, stop);
    echo_server::announce(listener);
    server.run();
} catch (const std::exception& error) {
    std::fprintf(stderr, "epoll_echo: %s\n", error.what());
    return 1;
}
