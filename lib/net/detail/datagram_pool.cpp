#include "datagram_pool.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace ringlet::detail {

namespace {

// The pause after the system ran out of memory: it doubles from the first to the longest.
constexpr std::chrono::milliseconds pause_first{1};
constexpr std::chrono::milliseconds pause_max{64};

// From as many on, one recvmmsg(2) costs less than an SQE for each.
constexpr std::size_t together_min = 4;

// Without the C library in between, as in send_batch.
int receive_now(int fd, mmsghdr* headers, std::size_t count) noexcept {
    const auto received = static_cast<int>(
        ::syscall(SYS_recvmmsg, fd, headers, count, MSG_DONTWAIT | MSG_TRUNC, nullptr));
    return received < 0 ? -errno : received;
}

// Whether an error passes, so that the next receive may succeed: the network reports it of a
// datagram that was sent before (icmp(7)), or a signal has interrupted the call.
bool passes(int error) noexcept {
    switch (error) {
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN:
    case ENONET:
    case ENOPROTOOPT:
    case EPROTO:
    case EMSGSIZE:
    case EINTR:
        return true;
    default:
        return false;
    }
}

}  // namespace

datagram_pool::datagram_pool(loop_core& core, int fd, const datagram_receiver_options& options)
    : core_(core), fd_(fd), in_system_(core.net().in_system()),
      batch_max_(std::min(options.batch_max, options.packets_max)),
      memory_(std::make_unique_for_overwrite<std::byte[]>(options.packets_max *
                                                          options.packet_size_max)) {
    const bool info_wanted = packet_info_control::wanted(core.net(), fd);
    free_.reserve(options.packets_max);
    headers_.resize(batch_max_);
    for (std::size_t i = 0; i < options.packets_max; ++i) {
        std::byte* const memory = memory_.get() + i * options.packet_size_max;
        slots_.emplace_back(core, *this, in_flight_, fd, static_cast<int>(i),
                            mutable_buffer(memory, options.packet_size_max), info_wanted);
        free_.push_back(&slots_.back());
    }
}

void datagram_pool::start() {
    batch_received_ = 0;
    batch_ = std::min(batch_, batch_max_);
    const std::size_t wanted = std::min(batch_, free_.size());
    together_ = in_system_ && wanted >= together_min;
    receive_batch(together_ ? 1 : wanted, true);
}

// Takes those of a batch that are behind its first.
void datagram_pool::receive_together() {
    const std::size_t wanted = std::min(batch_ - 1, free_.size());
    for (std::size_t i = 0; i < wanted; ++i)
        free_[free_.size() - 1 - i]->prepare(headers_[i]);
    const int received = receive_now(fd_, headers_.data(), wanted);
    if (received < 0) {
        failed(-received);
        return;
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i) {
        datagram_slot& next = *free_.back();
        free_.pop_back();
        next.received(headers_[i]);
        received_.push_back(next);
    }
    batch_received_ += static_cast<std::size_t>(received);
    core_.count_outside(static_cast<std::size_t>(received));
}

// With `wait` the last one of the batch waits where no datagram is there.
void datagram_pool::receive_batch(std::size_t size, bool wait) {
    for (std::size_t left = size; left > 0; --left) {
        datagram_slot& next = *free_.back();
        free_.pop_back();
        next.receive(wait && left == 1);
    }
}

task<bool> datagram_pool::take_backlog() {
    batch_received_ = 0;
    const std::size_t attempted = std::min(batch_max_, free_.size());
    receive_batch(attempted, false);
    co_await settled();
    co_return batch_received_ == attempted;
}

void datagram_pool::ended(datagram_slot& slot) {
    if (slot.result() >= 0) {
        received_.push_back(slot);
        ++batch_received_;
        pause_ = {};
        if (together_ && !stopped())
            receive_together();
    } else {
        free_.push_back(&slot);
        failed(-slot.result());
    }
    if (!armed())
        batch_ = batch_received_ == batch_
                     ? batch_ * 2
                     : std::max<std::size_t>(batch_received_, together_ ? batch_ / 2 : 1);
    if (abandoned_)
        release_if_abandoned();
    else if (awaited() && available())
        give(take());
    else
        arm_if_awaited();
}

void datagram_pool::failed(int error) noexcept {
    if (error == EAGAIN || error == ECANCELED || passes(error))
        return;
    if (error == ENOBUFS || error == ENOMEM) {
        pause_ = std::clamp(pause_ * 2, pause_first, pause_max);
        if (!stopped())
            arm_after(pause_);
    } else {
        set_pending_error(error);
    }
}

// In the next turn, since arming may fail, and a destructor that gives a slot back must not; and
// then with all that come back in this one.
void datagram_pool::give_back(datagram_slot& slot) noexcept {
    free_.push_back(&slot);
    if (abandoned_)
        release_if_abandoned();
    else if (awaited() && !armed())
        arm_after(std::chrono::milliseconds(0));
}

void datagram_pool::abandon() {
    stop();
    abandoned_ = true;
    release_if_abandoned();
}

void datagram_pool::release_if_abandoned() noexcept {
    while (!received_.empty())
        free_.push_back(&received_.pop_front());
    if (free_.size() == slots_.size())
        delete this;
}

}  // namespace ringlet::detail
