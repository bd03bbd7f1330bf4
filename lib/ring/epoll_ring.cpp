#include "base/detail/standard_descriptors.hpp"
#include "ring/detail/valid_ring_options.hpp"
#include "ring/epoll/interpreter.hpp"
#include "ring/epoll/op_description.hpp"

#include <ringlet/ring/epoll_ring.hpp>

#include <bit>
#include <vector>

namespace ringlet {

namespace {

// How often in a row `enter` may return with operations that could be done at once, without asking
// epoll which other descriptors have become ready, since that costs a system call.
constexpr unsigned polls_skipped_max = 8;

}  // namespace

/// The memory of the queues, and the interpreter that reads and fills them.
class epoll_ring::queues {
public:
    explicit queues(const ring_options& options)
        : completions(std::bit_ceil(options.completion_entries)), interpreted(completions),
          sqes(std::bit_ceil(options.submission_entries)) {}

    detail::epoll::completion_writer completions;
    detail::epoll::interpreter interpreted;
    std::vector<io_uring_sqe> sqes;
    unsigned head = 0;
    unsigned polls_skipped = 0;
};

epoll_ring::epoll_ring(const ring_options& options) {
    detail::require_valid(options);
    detail::hold_standard_descriptors();
    queues_ = std::make_unique<queues>(options);
    submissions_ = detail::submission_queue(
        queues_->sqes.data(), static_cast<unsigned>(queues_->sqes.size()), &queues_->head);
    completions_ = queues_->completions.reader();
}

epoll_ring::~epoll_ring() = default;

bool epoll_ring::supports(unsigned opcode) const noexcept {
    return detail::epoll::description_of(opcode) != nullptr;
}

void epoll_ring::enter(unsigned submit, unsigned wait_for, clock::time_point deadline) {
    queues& own = *queues_;
    if (own.completions.overflowing())
        ++overflows_;
    own.completions.catch_up();
    for (; submit > 0; --submit)
        own.interpreted.take(own.sqes[own.head++ & (own.sqes.size() - 1)]);
    const bool satisfied = completions_.ready() >= wait_for;
    if (satisfied && completions_.ready() > 0 && ++own.polls_skipped <= polls_skipped_max)
        return;
    own.polls_skipped = 0;
    while (own.interpreted.wait_until(satisfied ? clock::time_point() : deadline) &&
           completions_.ready() < wait_for && (deadline == no_deadline || now() < deadline)) {
    }
}

}  // namespace ringlet
