#include "epoll_streams.hpp"

#include "../checked.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

bool worth_retrying(int error) noexcept {
    return error == EAGAIN || error == EINTR;
}

}  // namespace

epoll_streams::epoll_streams(int listener, int stop, const server_main::options& chosen)
    : epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")), listener_(listener),
      stop_(stop), service_(chosen.does), message_bytes_(chosen.message_bytes),
      zeros_(service_ == service::source ? server_main::source_send_max : buffer_.size()) {
    if (!control(EPOLL_CTL_ADD, listener_, EPOLLIN) || !control(EPOLL_CTL_ADD, stop_, EPOLLIN))
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    if (chosen.timers > 0)
        deadlines_.emplace(chosen.timers);
}

epoll_streams::~epoll_streams() {
    ::close(epoll_);
}

void epoll_streams::run() {
    for (;;) {
        const int count =
            ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), wait_ms());
        if (count < 0 && errno != EINTR)
            throw std::system_error(errno, std::generic_category(), "epoll_wait");
        if (deadlines_)
            deadlines_->begin_turn();
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events_[static_cast<std::size_t>(i)];
            const int fd = event.data.fd;
            if (fd == stop_)
                return;
            if (fd == listener_)
                accept_all();
            else
                serve(fd, event.events);
        }
        if (!accepting_ && steady::now() >= resume_at_)
            resume_accepting();
        if (deadlines_)
            deadlines_->expire([this](int fd) { drop_connection(fd); });
    }
}

// As epoll_wait(2) wants it: rounded up, or it would be called in vain until the time has come.
int epoll_streams::wait_ms() const noexcept {
    using std::chrono::milliseconds;
    const int wait = accepting_ ? -1 : 100;
    if (!deadlines_)
        return wait;
    const auto next = std::chrono::ceil<milliseconds>(deadlines_->until_next()).count();
    return static_cast<int>(accepting_ ? next : std::min<milliseconds::rep>(next, wait));
}

void epoll_streams::accept_all() {
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
void epoll_streams::pause_accepting() {
    accepting_ = !control(EPOLL_CTL_MOD, listener_, 0);
    resume_at_ = steady::now() + 100ms;
}

void epoll_streams::resume_accepting() {
    accepting_ = control(EPOLL_CTL_MOD, listener_, EPOLLIN);
}

void epoll_streams::add_connection(int fd) {
    const auto needed = static_cast<std::size_t>(fd) + 1;
    if (unsent_.size() < needed)
        unsent_.resize(needed);
    if (service_ == service::broadcast)
        members_.push_back(fd);
    else if (!echoes() && accounts_.size() < needed)
        accounts_.resize(needed);
    if (deadlines_)
        deadlines_->renew(fd);
    if (!control(EPOLL_CTL_ADD, fd, EPOLLIN))
        drop_connection(fd);
}

void epoll_streams::drop_connection(int fd) {
    unsent(fd).clear();
    if (deadlines_)
        deadlines_->forget(fd);
    if (service_ == service::broadcast)
        members_.erase(std::find(members_.begin(), members_.end(), fd));
    else if (!echoes())
        account_of(fd) = {};
    ::close(fd);  // also leaves the epoll set, as nothing duplicates these descriptors
}

// Errors and hang-ups need no case of their own: the system call they make ready reports them.
void epoll_streams::serve(int fd, std::uint32_t events) {
    if (service_ == service::broadcast)
        (events & EPOLLOUT) != 0 ? send_rest(fd) : broadcast(fd);
    else if (!echoes())
        account_of(fd).owed == 0 ? count(fd) : pay(fd);
    else if (unsent(fd).empty())
        echo(fd);
    else
        send_rest(fd);
}

// How much is in the buffer now; nothing where the connection is gone, or has nothing after all.
ssize_t epoll_streams::receive(int fd) {
    const ssize_t received = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (received == 0 || (received < 0 && !worth_retrying(errno)))
        drop_connection(fd);
    return received;
}

void epoll_streams::echo(int fd) {
    const ssize_t received = receive(fd);
    if (received <= 0)
        return;
    if (deadlines_)
        deadlines_->renew(fd);
    const ssize_t sent =
        ::send(fd, buffer_.data(), static_cast<std::size_t>(received), MSG_NOSIGNAL);
    if (sent == received) {
        if (service_ == service::once)
            drop_connection(fd);
        return;
    }
    if (sent < 0 && !worth_retrying(errno))
        return drop_connection(fd);
    set_aside(fd, buffer_.data() + (sent < 0 ? 0 : sent), buffer_.data() + received);
}

void epoll_streams::set_aside(int fd, const std::byte* first, const std::byte* last) {
    unsent(fd).assign(first, last);
    if (!control(EPOLL_CTL_MOD, fd, EPOLLOUT))
        drop_connection(fd);
}

void epoll_streams::send_rest(int fd) {
    auto& rest = unsent(fd);
    const ssize_t sent = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0) {
        if (!worth_retrying(errno))
            drop_connection(fd);
        return;
    }
    rest.erase(rest.begin(), rest.begin() + sent);
    if (rest.empty() && (service_ == service::once || !control(EPOLL_CTL_MOD, fd, EPOLLIN)))
        drop_connection(fd);
}

void epoll_streams::broadcast(int fd) {
    const ssize_t received = receive(fd);
    if (received <= 0)
        return;
    for (const int member : members_)
        send_to_member(member, buffer_.data(), static_cast<std::size_t>(received));
}

// One that cannot go on is shut down, and dropped by the event which that is: nobody leaves while
// the members are gone through.
void epoll_streams::send_to_member(int fd, const std::byte* data, std::size_t size) {
    auto& rest = unsent(fd);
    ssize_t sent = 0;
    if (rest.empty()) {
        sent = ::send(fd, data, size, MSG_NOSIGNAL);
        if (sent == static_cast<ssize_t>(size))
            return;
        if ((sent < 0 && !worth_retrying(errno)) || !control(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLOUT))
            ::shutdown(fd, SHUT_RDWR);
    }
    rest.insert(rest.end(), data + std::max<ssize_t>(sent, 0), data + size);
    if (rest.size() > server_main::messages_behind_max * message_bytes_)
        ::shutdown(fd, SHUT_RDWR);
}

void epoll_streams::count(int fd) {
    const ssize_t received = receive(fd);
    if (received <= 0)
        return;
    account& owner = account_of(fd);
    if (service_ == service::source) {
        owner.owed = static_cast<std::size_t>(received) * message_bytes_;
    } else {
        owner.taken += static_cast<std::size_t>(received);
        owner.owed = owner.taken / message_bytes_;
        owner.taken %= message_bytes_;
    }
    if (owner.owed > 0)
        pay(fd);
}

// Sends what is owed, or waits for room to; nothing is read meanwhile.
void epoll_streams::pay(int fd) {
    account& owner = account_of(fd);
    while (owner.owed > 0) {
        const ssize_t sent =
            ::send(fd, zeros_.data(), std::min(owner.owed, zeros_.size()), MSG_NOSIGNAL);
        if (sent < 0 && !worth_retrying(errno))
            return drop_connection(fd);
        if (sent < 0)
            break;
        owner.owed -= static_cast<std::size_t>(sent);
    }
    const bool awaits_room = owner.owed > 0;
    if (awaits_room == owner.awaits_room)
        return;
    owner.awaits_room = awaits_room;
    if (!control(EPOLL_CTL_MOD, fd, awaits_room ? EPOLLOUT : EPOLLIN))
        drop_connection(fd);
}

bool epoll_streams::control(int operation, int fd, std::uint32_t events) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    return ::epoll_ctl(epoll_, operation, fd, &event) == 0;
}
