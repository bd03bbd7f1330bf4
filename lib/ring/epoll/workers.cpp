#include "workers.hpp"
#include "op_description.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <limits>

namespace ringlet::detail::epoll {

namespace {

// How many wait is for the ring's owner to limit.
constexpr thread_pool_options limits{.threads_max = 4,
                                     .waiting_max = std::numeric_limits<std::size_t>::max() / 2};

}  // namespace

void waiting_operation::work() noexcept {
    result = description->work(*this);
    if (result >= 0)
        result += static_cast<int>(so_far.done);
}

void waiting_operation::report_end() noexcept {
    worked_by->done(*this);
}

workers::workers()
    : done_signal_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd"), threads_(limits) {}

int workers::carry_out(waiting_operation& blocking) noexcept {
    blocking.worked_by = this;
    blocking.worked_on = false;
    return threads_.submit(blocking);
}

// The lock keeps what is about to be done out of the list, where it would look as if it waited.
bool workers::withdraw(waiting_operation& blocking) noexcept {
    const std::lock_guard lock(mutex_);
    return !blocking.worked_on && threads_.withdraw(blocking);
}

void workers::done(waiting_operation& ended) noexcept {
    const std::lock_guard lock(mutex_);
    ended.worked_on = true;
    done_.push_back(ended);
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(done_signal_.native_handle(), &one, sizeof(one));
}

void workers::take_done(intrusive_list<waiting_operation>& taken) noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(done_signal_.native_handle(), &count, sizeof(count));
    const std::lock_guard lock(mutex_);
    taken.splice_back(done_);
}

}  // namespace ringlet::detail::epoll
