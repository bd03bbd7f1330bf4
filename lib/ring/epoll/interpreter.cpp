#include "interpreter.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace ringlet::detail::epoll {

namespace {

constexpr std::uint32_t readable = EPOLLIN | EPOLLPRI | EPOLLRDHUP;

// The events that epoll reports without being asked. They wake every operation at a descriptor,
// which then reports the error.
constexpr std::uint32_t always = EPOLLERR | EPOLLHUP;

bool is_file(int fd) noexcept {
    struct stat status {};
    return ::fstat(fd, &status) == 0 &&
           (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode));
}

timespec from_now(ring::clock::time_point deadline) {
    const auto now = ring::clock::now();
    const auto left = std::max(deadline, now) - now;  // one far in the past would overflow
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    return {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
}

}  // namespace

void interpreter::take(const io_uring_sqe& sqe) {
    const op_description* op = description_of(sqe.opcode);
    if (op == nullptr || (sqe.flags & ~op->sqe_flags) != 0 || !op->accepts(sqe))
        return post(sqe, -EINVAL);
    if (op->at_descriptor) {
        // Only a number that no operation has named yet is worth a call to ask for.
        const bool known = sqe.fd >= 0 && ring_.waiting.descriptors().has(sqe.fd);
        if (!known && ::fcntl(sqe.fd, F_GETFD) < 0)
            return post(sqe, -EBADF);
        if (op->of_files != nullptr && is_file(sqe.fd))
            op = op->of_files;
        if (op->prepare != nullptr)
            op->prepare(sqe.fd);
    }
    progress so_far;
    const bool queues = ring_.waiting.has_queue(sqe.fd, op->waits_for) &&
                        !(op->never_waits != nullptr && op->never_waits(sqe));
    if (op->attempt != nullptr && !queues)
        if (const std::optional<outcome> ended = op->attempt(ring_, sqe, so_far))
            return post(sqe, *ended);
    ring_.waiting.add(*op, sqe, so_far);
}

void interpreter::post(const io_uring_sqe& sqe, outcome ended) {
    ring_.completions.post({sqe.user_data, ended.result, ended.flags});
}

bool interpreter::wait_until(time_point deadline) {
    const unsigned before = ring_.completions.written();
    arm();
    if (ring_.completions.written() != before)  // what was to wait has ended instead
        deadline = time_point();
    deadline = std::min(deadline, ring_.waiting.next_due());
    timespec timeout{};
    const bool limited = deadline != ring::no_deadline;
    if (limited)
        timeout = from_now(deadline);
    const bool uninterrupted = ring_.waiting.descriptors().wait(
        limited ? &timeout : nullptr, [this](int fd, std::uint32_t events) { ready(fd, events); });
    if (ring_.waiting.next_due() != ring::no_deadline)
        expire(clock::now());
    return uninterrupted;
}

/// Tells epoll of what began to wait.
void interpreter::arm() {
    const auto refused = [this](descriptor& place, int error) {
        for (auto* const queue : {&place.input, &place.output, &place.events})
            while (!queue->empty()) {
                waiting_operation& first = queue->front();
                if (error == EPERM && first.description->work != nullptr)
                    ring_.waiting.hand_to_worker(first);  // such as /dev/full, always ready
                else
                    ring_.waiting.finish(first, -error);
            }
    };
    const auto renewed = [this](descriptor& place) {
        place.for_each([this](waiting_operation& operation) {
            if (operation.armed)
                ring_.waiting.forsake(operation);
        });
        go_on(place.input);  // it was thought to have been drained
    };
    ring_.waiting.descriptors().arm_all(refused, renewed);
}

void interpreter::ready(int fd, std::uint32_t events) {
    if (fd == ring_.waiting.worker_signal())
        return ring_.waiting.finish_worked();
    descriptor& place = ring_.waiting.descriptors().at(fd);
    ring_.waiting.descriptors().note_events(fd, place, events);
    if ((events & (readable | always)) != 0)
        go_on(place.input);
    if ((events & (EPOLLOUT | always)) != 0)
        go_on(place.output);
    place.events.for_each([&](waiting_operation& poll) {
        if (const std::uint32_t seen = events & (poll.poll32_events | polled_unasked); seen != 0)
            ring_.waiting.finish(poll, static_cast<int>(seen));
    });
    if (!place.idle() && place.generation == 0)
        ring_.waiting.descriptors().arm_later(fd);
}

/// Attempts what waits in `queue`, in its order, as far as it does not have to wait again.
void interpreter::go_on(intrusive_list<waiting_operation>& queue) {
    while (!queue.empty()) {
        waiting_operation& first = queue.front();
        const op_description& op = *first.description;
        if (const std::optional<outcome> ended = op.attempt(ring_, first, first.so_far))
            ring_.waiting.finish(first, *ended);
        else if (op.waits_for_peer != nullptr && op.waits_for_peer(first))
            ring_.waiting.pause(first);
        else
            return;
    }
}

/// Attempts what waited for time until `now`.
void interpreter::expire(time_point now) {
    while (waiting_operation* const due = ring_.waiting.take_due(now)) {
        const op_description& op = *due->description;
        if (const std::optional<outcome> ended = op.attempt(ring_, *due, due->so_far))
            ring_.waiting.finish(*due, *ended);
        else
            ring_.waiting.pause(*due);
    }
}

}  // namespace ringlet::detail::epoll
