#include "interpreter.hpp"
#include "attempt.hpp"
#include "understood.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace ringlet {

namespace {

using detail::epoll::descriptor;

// What wakes besides what was asked for: with an error everything goes on, to report it.
constexpr std::uint32_t always = EPOLLERR | EPOLLHUP;

constexpr std::chrono::milliseconds pause_first{1};
constexpr std::chrono::milliseconds pause_max{64};

constexpr std::uint32_t readable = EPOLLIN | EPOLLPRI | EPOLLRDHUP;

}  // namespace

epoll_ring::interpreter::interpreter(detail::epoll::completion_writer& completions)
    : completions_(completions) {
    descriptors_.watch(workers_.native_handle());
}

// What still waits for a worker would be in its way; the rest is only forgotten.
epoll_ring::interpreter::~interpreter() {
    for (waiting* one : operations_.matching([](const waiting&) { return true; }))
        if (one->waits_for == awaited::worker)
            static_cast<void>(workers_.withdraw(*one));
}

void epoll_ring::interpreter::take(const io_uring_sqe& sqe) {
    if (!detail::epoll::understood(sqe))
        return post(sqe, -EINVAL);
    switch (sqe.opcode) {
    case IORING_OP_NOP:
        return post(sqe, 0);
    case IORING_OP_PROVIDE_BUFFERS:
        return post(sqe, buffers_.provide(sqe));
    case IORING_OP_REMOVE_BUFFERS:
        return post(sqe, buffers_.remove(sqe));
    case IORING_OP_ASYNC_CANCEL:
        return take_cancel(sqe);
    case IORING_OP_TIMEOUT:
        return take_timeout(sqe);
    case IORING_OP_OPENAT:
    case IORING_OP_OPENAT2:
    case IORING_OP_STATX:
    case IORING_OP_FSYNC:
        return hand_to_worker(take_over(sqe, awaited::worker));
    default:
        break;
    }
    // A number that no descriptor has had yet is not taken for one unasked.
    if (sqe.fd < 0 || (!descriptors_.has(sqe.fd) && ::fcntl(sqe.fd, F_GETFD) < 0))
        return post(sqe, -EBADF);
    switch (sqe.opcode) {
    case IORING_OP_CLOSE:
        return post(sqe, close(sqe.fd));
    case IORING_OP_SHUTDOWN:
        return post(sqe, ::shutdown(sqe.fd, static_cast<int>(sqe.len)) == 0 ? 0 : -errno);
    case IORING_OP_POLL_ADD:
        return take_poll(sqe);
    case IORING_OP_READ:
    case IORING_OP_WRITE:
        return take_read_write(sqe);
    default:
        return take_at_descriptor(sqe);
    }
}

void epoll_ring::interpreter::take_at_descriptor(const io_uring_sqe& sqe) {
    const bool output = sqe.opcode == IORING_OP_SEND || sqe.opcode == IORING_OP_SENDMSG ||
                        sqe.opcode == IORING_OP_CONNECT || sqe.opcode == IORING_OP_WRITE;
    if (sqe.opcode == IORING_OP_ACCEPT)
        detail::epoll::prepare_to_accept(sqe.fd);
    descriptor& here = descriptors_.at(sqe.fd);
    // Where the last receive got all there was, trying would cost a call to learn nothing.
    const bool hopeless = sqe.opcode == IORING_OP_RECV && here.drained && here.registered;
    const bool others_wait = !(output ? here.output : here.input).empty();
    std::size_t done = 0;
    if (detail::epoll::never_waits(sqe) || !(hopeless || others_wait))
        if (const std::optional<outcome> ended = attempt(sqe, done, nullptr))
            return post(sqe, ended->result, ended->flags);
    waiting& one = wait_at_descriptor(sqe, output ? awaited::output : awaited::input);
    one.done = done;
}

/// `resumed` is what has waited, or nullptr.
std::optional<epoll_ring::interpreter::outcome>
epoll_ring::interpreter::attempt(const io_uring_sqe& sqe, std::size_t& done, waiting* resumed) {
    switch (sqe.opcode) {
    case IORING_OP_ACCEPT:
        return accept(sqe);
    case IORING_OP_RECV:
        return (sqe.flags & IOSQE_BUFFER_SELECT) != 0 ? receive_selecting(sqe) : receive(sqe, done);
    case IORING_OP_CONNECT:
        return outcome_of(detail::epoll::attempt_connect(sqe, resumed != nullptr));
    case IORING_OP_READ:
    case IORING_OP_WRITE:
        return outcome_of(detail::epoll::attempt_read_write(sqe, resumed != nullptr));
    default:
        return outcome_of(detail::epoll::attempt_transfer(
            sqe, done, resumed == nullptr ? nullptr : resumed->kept.get()));
    }
}

std::optional<epoll_ring::interpreter::outcome>
epoll_ring::interpreter::receive(const io_uring_sqe& sqe, std::size_t& done) {
    const std::optional<int> result = detail::epoll::attempt_transfer(sqe, done, nullptr);
    if (result && *result > 0)
        descriptors_.at(sqe.fd).drained = static_cast<unsigned>(*result) < sqe.len;
    return outcome_of(result);
}

/// Into a buffer of the SQE's group; a multishot goes on as long as there is something.
std::optional<epoll_ring::interpreter::outcome>
epoll_ring::interpreter::receive_selecting(const io_uring_sqe& sqe) {
    for (;;) {
        const detail::epoll::buffer_groups::buffer* const buffer = buffers_.next(sqe.buf_group);
        if (buffer == nullptr)
            return outcome{-ENOBUFS};
        io_uring_sqe into = sqe;
        into.addr = buffer->address;
        into.len = sqe.len == 0 ? buffer->size : std::min(sqe.len, buffer->size);
        std::size_t done = 0;
        std::optional<outcome> received = receive(into, done);
        if (!received || received->result < 0)
            return received;
        received->flags = IORING_CQE_F_BUFFER | unsigned{buffer->id} << IORING_CQE_BUFFER_SHIFT;
        buffers_.use_next(sqe.buf_group);
        if ((sqe.ioprio & IORING_RECV_MULTISHOT) == 0 || received->result == 0 ||
            completions_.full())
            return received;
        post(sqe, received->result, received->flags | IORING_CQE_F_MORE);
    }
}

// Where the completion queue overflows, a multishot ends, as in the kernel.
std::optional<epoll_ring::interpreter::outcome>
epoll_ring::interpreter::accept(const io_uring_sqe& sqe) {
    for (;;) {
        const std::optional<int> result = detail::epoll::attempt_accept(sqe);
        if ((sqe.ioprio & IORING_ACCEPT_MULTISHOT) == 0 || !result || *result < 0 ||
            completions_.full())
            return outcome_of(result);
        post(sqe, *result, IORING_CQE_F_MORE);
    }
}

std::optional<epoll_ring::interpreter::outcome>
epoll_ring::interpreter::outcome_of(std::optional<int> result) noexcept {
    if (!result)
        return std::nullopt;
    return outcome{*result};
}

void epoll_ring::interpreter::take_read_write(const io_uring_sqe& sqe) {
    if (!detail::epoll::is_file(sqe.fd))
        return take_at_descriptor(sqe);
    io_uring_sqe rest = sqe;
    std::size_t done = 0;
    if (sqe.opcode == IORING_OP_READ)
        if (const std::optional<int> result = detail::epoll::attempt_file_read(rest, done))
            return post(sqe, *result);
    waiting& one = take_over(rest, awaited::worker);
    one.done = done;
    hand_to_worker(one);
}

void epoll_ring::interpreter::take_poll(const io_uring_sqe& sqe) {
    pollfd polled{sqe.fd, static_cast<short>(sqe.poll32_events | detail::epoll::polled_unasked), 0};
    ::poll(&polled, 1, 0);
    if ((polled.revents & POLLNVAL) != 0)
        return post(sqe, -EBADF);
    if (polled.revents != 0)
        return post(sqe, polled.revents);
    wait_at_descriptor(sqe, awaited::events);
}

void epoll_ring::interpreter::take_timeout(const io_uring_sqe& sqe) {
    const auto& given = *reinterpret_cast<const __kernel_timespec*>(sqe.addr);
    if (given.tv_sec < 0 || given.tv_nsec < 0)
        return post(sqe, -EINVAL);
    const std::chrono::seconds seconds(given.tv_sec);
    const std::chrono::nanoseconds rest(given.tv_nsec);
    const bool absolute = (sqe.timeout_flags & IORING_TIMEOUT_ABS) != 0;
    const time_point begin = absolute ? time_point() : clock::now();
    const bool never =
        seconds >= std::chrono::floor<std::chrono::seconds>(no_deadline - begin - rest);
    waiting& one = take_over(sqe, awaited::time);
    timeouts_.emplace(never ? no_deadline : begin + seconds + rest, &one);
}

epoll_ring::interpreter::waiting& epoll_ring::interpreter::take_over(const io_uring_sqe& sqe,
                                                                     awaited what) {
    waiting& one = operations_.add(sqe);
    one.waits_for = what;
    detail::epoll::keep_memory(one);
    return one;
}

epoll_ring::interpreter::waiting&
epoll_ring::interpreter::wait_at_descriptor(const io_uring_sqe& sqe, awaited what) {
    descriptors_.arm_later(sqe.fd);
    descriptor& here = descriptors_.at(sqe.fd);
    waiting& one = take_over(sqe, what);
    auto& queue = what == awaited::input    ? here.input
                  : what == awaited::output ? here.output
                                            : here.events;
    queue.push_back(one);
    return one;
}

void epoll_ring::interpreter::hand_to_worker(waiting& one) {
    one.waits_for = awaited::worker;
    if (const int error = workers_.carry_out(one); error < 0)
        finish(one, error);
}

int epoll_ring::interpreter::close(int fd) {
    descriptor& here = descriptors_.at(fd);
    here.for_each([this](waiting& one) { forsake(one); });
    descriptors_.closing(fd);
    return ::close(fd) == 0 ? 0 : -errno;
}

void epoll_ring::interpreter::take_cancel(const io_uring_sqe& sqe) {
    const unsigned flags = sqe.cancel_flags;
    constexpr unsigned known =
        IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_FD;
    if ((flags & ~known) != 0)
        return post(sqe, -EINVAL);
    const bool by_number = (flags & IORING_ASYNC_CANCEL_FD) != 0;
    if (by_number && ::fcntl(sqe.fd, F_GETFD) < 0)
        return post(sqe, -errno);
    const auto matches = [&](const waiting& one) {
        if ((flags & IORING_ASYNC_CANCEL_ANY) != 0)
            return true;
        if (by_number)
            return one.fd == sqe.fd && one.waits_for != awaited::nothing;
        return one.user_data == sqe.addr;
    };
    if ((flags & (IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY)) != 0) {
        int count = 0;
        for (waiting* one : operations_.matching(matches))
            count += cancel(*one) ? 1 : 0;
        return post(sqe, count);
    }
    waiting* const one = by_number ? operations_.find_if(matches) : operations_.find(sqe.addr);
    if (one == nullptr)
        return post(sqe, -ENOENT);
    post(sqe, cancel(*one) ? 0 : -EALREADY);
}

/// False where a worker carries it out: then it ends with its result.
bool epoll_ring::interpreter::cancel(waiting& one) {
    if (one.waits_for == awaited::worker && !workers_.withdraw(one))
        return false;
    if (one.waits_for == awaited::time)
        stop_timer(one);
    finish(one, -ECANCELED);
    return true;
}

bool epoll_ring::interpreter::wait_until(time_point deadline) {
    const unsigned before = completions_.written();
    arm();
    if (completions_.written() != before)  // what was to wait has ended instead
        deadline = time_point();
    if (!timeouts_.empty())
        deadline = std::min(deadline, timeouts_.begin()->first);
    timespec timeout{};
    if (deadline != no_deadline) {
        const auto now = clock::now();
        const auto left = std::max(deadline, now) - now;  // one far in the past would overflow
        const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
        timeout = {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
    }
    const bool uninterrupted =
        descriptors_.wait(deadline == no_deadline ? nullptr : &timeout,
                          [this](int fd, std::uint32_t events) { ready(fd, events); });
    if (!timeouts_.empty())
        expire(clock::now());
    return uninterrupted;
}

void epoll_ring::interpreter::ready(int fd, std::uint32_t events) {
    if (fd == workers_.native_handle())
        return collect_work();
    descriptor& here = descriptors_.at(fd);
    if ((events & (readable | always)) != 0)
        go_on(here.input);
    if ((events & (EPOLLOUT | always)) != 0)
        go_on(here.output);
    here.events.for_each([&](waiting& poll) {
        if (const std::uint32_t seen =
                events & (poll.poll32_events | detail::epoll::polled_unasked);
            seen != 0)
            finish(poll, static_cast<int>(seen));
    });
    if (!here.idle())
        descriptors_.arm_later(fd);
}

void epoll_ring::interpreter::go_on(detail::intrusive_list<waiting>& queue) {
    while (!queue.empty()) {
        waiting& first = queue.front();
        const std::optional<outcome> ended = attempt(first, first.done, &first);
        if (ended)
            finish(first, ended->result, ended->flags);
        else if (detail::epoll::waits_for_peer(first))
            go_on_later(first);
        else
            return;
    }
}

void epoll_ring::interpreter::go_on_later(waiting& one) {
    one.unlink();
    one.waits_for = awaited::time;
    one.pause = std::clamp(one.pause * 2, pause_first, pause_max);
    descriptors_.at(one.fd).later.push_back(one);
    timeouts_.emplace(clock::now() + one.pause, &one);
}

void epoll_ring::interpreter::arm() {
    const auto refused = [this](descriptor& here, int error) {
        for (auto* const queue : {&here.input, &here.output, &here.events})
            while (!queue->empty()) {
                waiting& one = queue->pop_front();
                const bool blocks = one.opcode == IORING_OP_READ || one.opcode == IORING_OP_WRITE;
                if (error == EPERM && blocks)  // such as /dev/full, which is always ready
                    hand_to_worker(one);
                else
                    finish(one, -error);
            }
    };
    const auto renewed = [this](descriptor& here) {
        here.for_each([this](waiting& one) {
            if (one.armed)
                forsake(one);
        });
        go_on(here.input);  // it was thought to have been drained
    };
    descriptors_.arm_all(refused, renewed);
}

/// Its file is gone: only a cancel ends it.
void epoll_ring::interpreter::forsake(waiting& one) noexcept {
    if (one.waits_for == awaited::time)
        stop_timer(one);
    one.unlink();
    one.waits_for = awaited::nothing;
    forsaken_.push_back(one);
}

void epoll_ring::interpreter::expire(time_point now) {
    while (!timeouts_.empty() && timeouts_.begin()->first <= now) {
        waiting& one = *timeouts_.begin()->second;
        timeouts_.erase(timeouts_.begin());
        if (one.opcode == IORING_OP_TIMEOUT)
            finish(one, -ETIME);
        else if (const std::optional<outcome> ended = attempt(one, one.done, &one))
            finish(one, ended->result, ended->flags);
        else
            go_on_later(one);
    }
}

void epoll_ring::interpreter::stop_timer(waiting& one) noexcept {
    std::erase_if(timeouts_, [&](const auto& entry) { return entry.second == &one; });
}

void epoll_ring::interpreter::collect_work() {
    detail::intrusive_list<waiting> done;
    workers_.take_done(done);
    while (!done.empty())
        finish(done.front(), done.front().result);
}

// As in the kernel, what a transfer has moved is told rather than why it ended.
void epoll_ring::interpreter::finish(waiting& one, int result, unsigned flags) {
    post(one, result < 0 && one.done > 0 ? static_cast<int>(one.done) : result, flags);
    operations_.remove(one);
}

void epoll_ring::interpreter::post(const io_uring_sqe& sqe, int result, unsigned flags) {
    completions_.post({sqe.user_data, result, flags});
}

}  // namespace ringlet
