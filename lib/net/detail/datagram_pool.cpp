#include "datagram_pool.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace ringlet::detail {

namespace {

// The pause after the system ran out of memory: it doubles from the first to the longest.
constexpr std::chrono::milliseconds pause_first{1};
constexpr std::chrono::milliseconds pause_max{64};

// What the network says of a datagram that was sent before (icmp(7)), or a signal; the next receive
// may do.
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
    : core_(core), batch_max_(options.batch_max),
      memory_(std::make_unique_for_overwrite<std::byte[]>(options.packets_max *
                                                          options.packet_size_max)) {
    free_.reserve(options.packets_max);
    for (std::size_t i = 0; i < options.packets_max; ++i) {
        std::byte* const memory = memory_.get() + i * options.packet_size_max;
        slots_.emplace_back(core, *this, in_flight_, fd, memory, options.packet_size_max);
        free_.push_back(&slots_.back());
    }
}

bool datagram_pool::available() const noexcept {
    return !received_.empty() || pending_error_ != 0 || stopped_;
}

int datagram_pool::take(datagram_slot*& taken) noexcept {
    if (!received_.empty()) {
        taken = &received_.pop_front();
        ++yielded_;
        return 0;
    }
    return pending_error_ != 0 ? std::exchange(pending_error_, 0) : -ECANCELED;
}

void datagram_pool::wait(receive_datagram_operation& waiter) {
    if (waiter_ != nullptr)
        throw std::logic_error("receive: another one is pending on this receiver; await it first");
    arm();
    waiter_ = &waiter;
}

/// For somebody who waits. Where there is no free slot, it is done once there is.
void datagram_pool::arm() {
    if (to_arm_ || receiving())
        return;
    batch_received_ = 0;
    batch_ = std::min(batch_, batch_max_);
    for (std::size_t left = std::min(batch_, free_.size()); left > 0; --left) {
        datagram_slot& next = *free_.back();
        free_.pop_back();
        next.receive(left == 1);
    }
}

void datagram_pool::arm_after(std::chrono::milliseconds pause) noexcept {
    if (to_arm_)
        return;
    core_.timers().arm(*this, core_.now() + pause);
    to_arm_ = true;
}

void datagram_pool::expire() {
    to_arm_ = false;
    if (waiter_ != nullptr)
        arm();
}

// The waiter may go so far as to destroy the receiver: nothing may come after it is served.
void datagram_pool::ended(datagram_slot& slot) {
    if (slot.result() >= 0) {
        received_.push_back(slot);
        ++batch_received_;
        pause_ = {};
    } else {
        free_.push_back(&slot);
        failed(-slot.result());
    }
    if (!receiving())
        batch_ = batch_received_ == batch_ ? batch_ * 2 : std::max<std::size_t>(batch_received_, 1);
    if (abandoned_)
        release_if_abandoned();
    else if (waiter_ != nullptr && available())
        serve();
    else if (waiter_ != nullptr)
        arm();
}

void datagram_pool::failed(int error) noexcept {
    if (error == EAGAIN || error == ECANCELED || passes(error))
        return;
    if (error == ENOBUFS || error == ENOMEM) {
        pause_ = std::clamp(pause_ * 2, pause_first, pause_max);
        if (!stopped_)
            arm_after(pause_);
    } else {
        pending_error_ = -error;
    }
}

void datagram_pool::serve() {
    receive_datagram_operation& waiter = *std::exchange(waiter_, nullptr);
    waiter.result_ = take(waiter.received_);
    waiter.resume();
}

// In the next turn, since arming may fail, and a destructor that gives a slot back must not; and
// then with all that come back in this one.
void datagram_pool::give_back(datagram_slot& slot) noexcept {
    free_.push_back(&slot);
    if (abandoned_)
        release_if_abandoned();
    else if (waiter_ != nullptr && !receiving())
        arm_after(std::chrono::milliseconds(0));
}

void datagram_pool::stop() {
    stopped_ = true;
    if (std::exchange(to_arm_, false))
        core_.timers().disarm(*this);
    in_flight_.cancel();
    if (waiter_ != nullptr)
        std::exchange(waiter_, nullptr)->resume_later(-ECANCELED);
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
