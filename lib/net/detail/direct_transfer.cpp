#include <ringlet/net/detail/direct_transfer.hpp>
#include <ringlet/net/stream.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace ringlet::detail {

namespace {

// Without the C library in between: the thread sanitizer sees its functions, but not that the ring
// closes descriptors, and would take the next owner of a descriptor's number for a rival.
std::ptrdiff_t recv_now(int from, mutable_buffer buffer, int flags) noexcept {
    return ::syscall(SYS_recvfrom, from, buffer.data(), buffer.size(), flags, nullptr, nullptr);
}

std::ptrdiff_t send_now(int to, const_buffer bytes, int flags) noexcept {
    return ::syscall(SYS_sendto, to, bytes.data(), bytes.size(), flags, nullptr, 0);
}

std::ptrdiff_t outcome_of(std::ptrdiff_t count) noexcept {
    if (count >= 0)
        return count;
    return errno == EINTR ? direct_transfer::nothing_yet : -errno;
}

}  // namespace

direct_transfer::direct_transfer(stream& through) noexcept
    : stream_(through), possible_(through.socket_.is_open() && through.socket_.net().in_system()) {}

std::ptrdiff_t direct_transfer::receive(mutable_buffer buffer) noexcept {
    const std::ptrdiff_t count =
        outcome_of(recv_now(stream_.socket_.native_handle(), buffer, MSG_DONTWAIT));
    if (count > 0)
        stream_.incoming_.progress(static_cast<std::size_t>(count), stream_.core_->turn_began());
    else if (count == 0)
        stream_.incoming_.set_ended();
    return count;
}

std::ptrdiff_t direct_transfer::send(const_buffer bytes, bool more) noexcept {
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
    const std::ptrdiff_t count =
        outcome_of(send_now(stream_.socket_.native_handle(), bytes, flags));
    if (count > 0)
        stream_.outgoing_.progress(static_cast<std::size_t>(count), stream_.core_->turn_began());
    if (count > 0 && !more)
        forget();
    else if (count > 0)
        hold();
    return count;
}

/// Ends the kernel's waiting in the next turn of the loop, which does not wait for anything else.
void direct_transfer::hold() noexcept {
    if (!held_)
        stream_.core_->timers().arm(*this, stream_.core_->turn_began());
    held_ = true;
}

void direct_transfer::forget() noexcept {
    if (held_)
        stream_.core_->timers().disarm(*this);
    held_ = false;
}

// To take a cork out has the kernel send, even where there was none, and ends one that the program
// has set itself. tcp(7). A Unix socket knows no such option, and waits with nothing.
void direct_transfer::expire() {
    held_ = false;
    const int off = 0;
    const ringlet::socket& through = stream_.socket_;
    static_cast<void>(
        through.net().set_option(through.native_handle(), IPPROTO_TCP, TCP_CORK, &off, sizeof off));
}

}  // namespace ringlet::detail
