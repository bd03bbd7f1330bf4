#include "wait_queues.hpp"

#include <algorithm>
#include <cerrno>

namespace ringlet::detail::epoll {

namespace {

constexpr std::chrono::milliseconds pause_first{1};
constexpr std::chrono::milliseconds pause_max{64};

intrusive_list<waiting_operation>& queue_of(descriptor& place, awaited what) noexcept {
    if (what == awaited::input)
        return place.input;
    return what == awaited::output ? place.output : place.events;
}

}  // namespace

wait_queues::wait_queues(completion_writer& completions) : completions_(completions) {
    descriptors_.watch(workers_.native_handle());
}

wait_queues::~wait_queues() {
    // The workers' end may find nothing that waits for one of them.
    for (waiting_operation* operation :
         operations_.matching([](const waiting_operation&) { return true; }))
        if (operation->waits_for == awaited::worker)
            static_cast<void>(workers_.withdraw(*operation));
}

void wait_queues::add(const op_description& description, const io_uring_sqe& sqe,
                      const progress& so_far) {
    waiting_operation& added = operations_.add(sqe);
    added.description = &description;
    added.waits_for = description.waits_for;
    added.so_far = so_far;
    added.so_far.waited = true;
    if (description.keep != nullptr) {
        if (!added.kept)
            added.kept = std::make_unique<kept_memory>();
        added.so_far.kept = added.kept.get();
        description.keep(added, *added.kept);
    }
    switch (description.waits_for) {
    case awaited::input:
    case awaited::output:
    case awaited::events: {
        descriptor& place = descriptors_.at(sqe.fd);
        queue_of(place, description.waits_for).push_back(added);
        added.armed = descriptors_.watches(sqe.fd, place);
        if (!added.armed)
            descriptors_.arm_later(sqe.fd);
        return;
    }
    case awaited::worker:
        return hand_to_worker(added);
    case awaited::time:
        timeouts_.emplace(description.due(sqe), &added);
        return;
    case awaited::nothing:
        return;
    }
}

void wait_queues::hand_to_worker(waiting_operation& operation) {
    operation.unlink();
    operation.waits_for = awaited::worker;
    if (const int error = workers_.carry_out(operation); error < 0)
        finish(operation, error);
}

void wait_queues::pause(waiting_operation& operation) {
    operation.unlink();
    operation.waits_for = awaited::time;
    operation.pause = std::clamp(operation.pause * 2, pause_first, pause_max);
    descriptors_.at(operation.fd).later.push_back(operation);
    timeouts_.emplace(clock::now() + operation.pause, &operation);
}

void wait_queues::forsake(waiting_operation& operation) noexcept {
    if (operation.waits_for == awaited::time)
        stop_timer(operation);
    operation.unlink();
    operation.waits_for = awaited::nothing;
    forsaken_.push_back(operation);
}

bool wait_queues::cancel(waiting_operation& operation) {
    if (operation.waits_for == awaited::worker && !workers_.withdraw(operation))
        return false;
    if (operation.waits_for == awaited::time)
        stop_timer(operation);
    finish(operation, -ECANCELED);
    return true;
}

// As in the kernel, the CQE tells how much a transfer has moved rather than why it ended.
void wait_queues::finish(waiting_operation& operation, outcome ended) {
    const std::size_t done = operation.so_far.done;
    const int result = ended.result < 0 && done > 0 ? static_cast<int>(done) : ended.result;
    completions_.post({operation.user_data, result, ended.flags});
    operations_.remove(operation);
}

wait_queues::time_point wait_queues::next_due() const noexcept {
    return timeouts_.empty() ? ring::no_deadline : timeouts_.begin()->first;
}

waiting_operation* wait_queues::take_due(time_point now) noexcept {
    if (timeouts_.empty() || timeouts_.begin()->first > now)
        return nullptr;
    return timeouts_.extract(timeouts_.begin()).mapped();
}

void wait_queues::stop_timer(const waiting_operation& operation) noexcept {
    std::erase_if(timeouts_, [&](const auto& entry) { return entry.second == &operation; });
}

void wait_queues::finish_worked() {
    intrusive_list<waiting_operation> ended;
    workers_.take_done(ended);
    while (!ended.empty())
        finish(ended.front(), ended.front().result);
}

}  // namespace ringlet::detail::epoll
