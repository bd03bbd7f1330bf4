#include "simulated_ring.hpp"
#include "endpoint.hpp"
#include "node.hpp"
#include "real_files.hpp"
#include "ring/detail/valid_ring_options.hpp"
#include "watched_events.hpp"
#include "world.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <string>
#include <utility>

namespace ringlet::testing::detail {

/// Where completions go that come late. The ring may have ended by then.
class simulated_ring::completions_to_come {
public:
    explicit completions_to_come(simulated_ring& owner) noexcept : ring(&owner) {}

    simulated_ring* ring;
};

class simulated_ring::late_completion final : public event_target {
public:
    late_completion(std::shared_ptr<completions_to_come> to, const ringlet::detail::completion& cqe)
        : to_(std::move(to)), cqe_(cqe) {}

    void happen(unsigned /*what*/) override {
        if (to_->ring != nullptr)
            to_->ring->writer_.post(cqe_);
    }

private:
    std::shared_ptr<completions_to_come> to_;
    ringlet::detail::completion cqe_;
};

namespace {

// A run makes and clears the queues of several rings, which costs more than a run itself where they
// are as large as those of a server. What does not fit waits, as it does in the kernel.
constexpr unsigned submission_entries_max = 64;
constexpr unsigned completion_entries_max = 256;

}  // namespace

simulated_ring::simulated_ring(world& owner, node& home, const ring_options& options)
    : world_(owner), home_(home),
      writer_((ringlet::detail::require_valid(options),
               std::min(std::bit_ceil(options.completion_entries), completion_entries_max))),
      sqes_(std::min(std::bit_ceil(options.submission_entries), submission_entries_max)),
      to_come_(std::make_shared<completions_to_come>(*this)) {
    submissions_ = ringlet::detail::submission_queue(sqes_.data(),
                                                     static_cast<unsigned>(sqes_.size()), &head_);
    completions_ = writer_.reader();
}

simulated_ring::~simulated_ring() {
    to_come_->ring = nullptr;
    while (!operations_.empty()) {
        world_.events_of_system().remove(operations_.front());
        operations_.pop_front();
    }
}

ring::clock::time_point simulated_ring::now() const noexcept {
    return world_.now();
}

std::chrono::nanoseconds simulated_ring::cpu_time() const noexcept {
    return world_.elapsed();
}

network& simulated_ring::net() const noexcept {
    return home_;
}

bool simulated_ring::supports(unsigned opcode) const noexcept {
    switch (opcode) {
    case IORING_OP_NOP:
    case IORING_OP_ASYNC_CANCEL:
    case IORING_OP_ACCEPT:
    case IORING_OP_CONNECT:
    case IORING_OP_RECV:
    case IORING_OP_SEND:
    case IORING_OP_RECVMSG:
    case IORING_OP_SENDMSG:
    case IORING_OP_POLL_ADD:
    case IORING_OP_READ:
    case IORING_OP_WRITE:
    case IORING_OP_FSYNC:
    case IORING_OP_OPENAT2:
    case IORING_OP_SHUTDOWN:
    case IORING_OP_CLOSE:
        return true;
    default:
        return false;
    }
}

void simulated_ring::enter(unsigned submit, unsigned wait_for, clock::time_point deadline) {
    if (writer_.overflowing())
        ++overflows_;
    writer_.catch_up();
    for (; submit > 0; --submit)
        take(sqes_[head_++ & (sqes_.size() - 1)]);
    world_.events_of_system().look();
    if (ready() < wait_for)
        world_.block(*this, wait_for, deadline);
}

void simulated_ring::take(const io_uring_sqe& sqe) {
    if (supports(sqe.opcode) && (sqe.flags & ~unsigned{IOSQE_ASYNC}) == 0)
        return carry_out(sqe);
    world_.fail("host " + home_.name() + ": an operation is not simulated (io_uring opcode " +
                std::to_string(sqe.opcode) + ", flags " + std::to_string(sqe.flags) +
                "); a simulated ring knows sockets and regular files, so keep pipes outside of "
                "what is simulated");
    post({sqe.user_data, -EINVAL, 0}, false);
}

void simulated_ring::carry_out(const io_uring_sqe& sqe) {
    switch (sqe.opcode) {
    case IORING_OP_NOP:
        return post({sqe.user_data, 0, 0}, false);
    case IORING_OP_ASYNC_CANCEL:
        return cancel(sqe);
    case IORING_OP_CLOSE:
        return post({sqe.user_data, home_.close(sqe.fd), 0}, true);
    default:
        break;
    }
    if (!node::is_simulated(sqe.fd))
        if (const std::optional<int> result = carry_out_on_file(sqe))
            return post({sqe.user_data, *result, 0}, true);
    begin(sqe);
}

void simulated_ring::begin(const io_uring_sqe& sqe) {
    operation& begun = operations_.emplace_back(*this, sqe);
    begun.place = std::prev(operations_.end());
    if (node::is_simulated(sqe.fd)) {
        begun.at = home_.find(sqe.fd);
        if (begun.at == nullptr) {
            refuse_foreign(sqe.fd);
            return finish(begun, -EBADF);
        }
    } else if (!watched_events::is_event(sqe.fd) ||
               (sqe.opcode != IORING_OP_READ && sqe.opcode != IORING_OP_POLL_ADD)) {
        if (sqe.fd >= 0)
            world_.fail("host " + home_.name() + ": descriptor " + std::to_string(sqe.fd) +
                        " belongs to the system, which a simulated ring knows nothing of; open "
                        "sockets in the network of the loop");
        return finish(begun, -EBADF);
    }
    if (begun.at != nullptr && world_.next_operation_fails())
        return finish(begun, failure_of(sqe.opcode));
    if (sqe.opcode == IORING_OP_SEND || sqe.opcode == IORING_OP_RECV || begun.is_message())
        begun.keep_message();
    if (begun.at == nullptr || !begun.at->has_queue(begun)) {
        if (attempt(begun))
            return;
    } else if (begun.has_flag(MSG_DONTWAIT)) {
        return finish(begun, -EAGAIN);
    }
    wait(begun);
}

/// Ends the run where a descriptor is another host's: its socket was opened there.
void simulated_ring::refuse_foreign(int fd) {
    const unsigned owner = node::owner_of(fd);
    if (owner != home_.index() && owner < world_.nodes().size())
        world_.fail("host " + home_.name() + ": a socket of host " + world_.nodes()[owner]->name() +
                    " is used here; open it in a task of the host that uses it, or in that host's "
                    "network (server_options::net)");
}

/// The error with which an operation fails that was chosen to fail.
int simulated_ring::failure_of(unsigned opcode) noexcept {
    switch (opcode) {
    case IORING_OP_ACCEPT:
        return -EMFILE;
    case IORING_OP_CONNECT:
        return -ENETUNREACH;
    case IORING_OP_RECVMSG:
    case IORING_OP_SENDMSG:
        return -ENOBUFS;
    default:
        return -ENOMEM;
    }
}

void simulated_ring::wait(operation& waiting) {
    by_user_data_.emplace(waiting.sqe.user_data, &waiting);
    if (waiting.at == nullptr)
        world_.events_of_system().add(waiting);
    else
        waiting.at->add(waiting);
}

bool simulated_ring::attempt(operation& waiting) {
    const std::optional<int> ended = attempt_now(waiting);
    if (ended)
        finish(waiting, *ended);
    return ended.has_value();
}

std::optional<int> simulated_ring::attempt_now(operation& tried) {
    if (tried.at == nullptr)
        return watched_events::attempt(tried);
    endpoint& at = *tried.at;
    switch (tried.sqe.opcode) {
    case IORING_OP_ACCEPT:
        return at.accept(tried);
    case IORING_OP_CONNECT:
        return at.connect(tried);
    case IORING_OP_RECV:
    case IORING_OP_RECVMSG:
        return at.receive(tried);
    case IORING_OP_SEND:
    case IORING_OP_SENDMSG:
        return at.send(tried);
    case IORING_OP_SHUTDOWN:
        return at.shutdown(static_cast<int>(tried.sqe.len));
    case IORING_OP_POLL_ADD: {
        const int always = POLLERR | POLLHUP | POLLRDHUP;
        const int seen = at.events() & (static_cast<int>(tried.sqe.poll32_events) | always);
        return seen != 0 ? std::optional(seen) : std::nullopt;
    }
    default:
        return -EINVAL;
    }
}

void simulated_ring::finish(operation& ended, int result) {
    const auto [first, last] = by_user_data_.equal_range(ended.sqe.user_data);
    const auto known =
        std::find_if(first, last, [&](const auto& entry) { return entry.second == &ended; });
    if (known != last)
        by_user_data_.erase(known);
    const bool ordered = ended.at != nullptr && ended.at->type() == SOCK_DGRAM;
    const bool multishot = ended.sqe.opcode == IORING_OP_ACCEPT && ended.sqe.ioprio != 0;
    post({ended.sqe.user_data, result, 0}, !ordered && !multishot && ended.at != nullptr,
         ended.at.get());
    ended.unlink();
    const std::shared_ptr<endpoint> kept = std::move(ended.at);  // may end with it
    operations_.erase(ended.place);
}

void simulated_ring::post_with_more(const operation& going_on, int result) {
    writer_.post({going_on.sqe.user_data, result, IORING_CQE_F_MORE});
}

// What one socket does the kernel completes in its order: an error is told to the first operation
// that sees it, and that one has to come before those that do not see it any more.
void simulated_ring::post(const ringlet::detail::completion& cqe, bool may_be_late, endpoint* of) {
    clock::time_point when = world_.now();
    if (may_be_late)
        when += world_.faults().lateness();
    if (of != nullptr)
        when = of->completes_in_order(when);
    if (when > world_.now())
        world_.plan_at(when, std::make_shared<late_completion>(to_come_, cqe));
    else
        writer_.post(cqe);
}

/// Whether a descriptor is one of those that operations can wait at.
bool simulated_ring::is_open(int fd) const noexcept {
    return node::is_simulated(fd) ? home_.find(fd) != nullptr : watched_events::is_event(fd);
}

void simulated_ring::cancel(const io_uring_sqe& sqe) {
    const unsigned flags = sqe.cancel_flags;
    const bool any = (flags & IORING_ASYNC_CANCEL_ANY) != 0;
    const bool by_descriptor = (flags & IORING_ASYNC_CANCEL_FD) != 0;
    if (by_descriptor && !is_open(sqe.fd))
        return post({sqe.user_data, -EBADF, 0}, false);
    std::vector<operation*> found;
    if (!any && !by_descriptor) {
        const auto [first, last] = by_user_data_.equal_range(sqe.addr);
        std::for_each(first, last, [&](const auto& entry) { found.push_back(entry.second); });
    } else {
        for (operation& each : operations_)
            if (any || each.sqe.fd == sqe.fd)
                found.push_back(&each);
    }
    const bool all = any || (flags & IORING_ASYNC_CANCEL_ALL) != 0;
    if (!all && found.size() > 1)
        found.resize(1);
    const auto count = static_cast<int>(found.size());
    for (operation* const each : found) {
        // Bytes that have been moved are not lost.
        const bool moved = each->done > 0 && each->sqe.opcode != IORING_OP_CONNECT;
        finish(*each, moved ? static_cast<int>(each->done) : -ECANCELED);
    }
    const int none = all ? 0 : -ENOENT;
    post({sqe.user_data, count == 0 ? none : (all ? count : 0), 0}, false);
}

}  // namespace ringlet::testing::detail
