#include <ringlet/loop/detail/send_batch.hpp>

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace ringlet::detail {

namespace {

constexpr unsigned at_once_max = 64;

// Without the C library in between: the thread sanitizer sees its functions, but not that the ring
// closes descriptors, and would take the next owner of a descriptor's number for a rival.
int send_now(int socket, mmsghdr* messages, unsigned count) noexcept {
    const auto sent = static_cast<int>(
        ::syscall(SYS_sendmmsg, socket, messages, count, MSG_NOSIGNAL | MSG_DONTWAIT));
    return sent < 0 ? -errno : sent;
}

}  // namespace

void send_batch::send() {
    end_ = &first_;
    for (message* left = std::exchange(first_, nullptr); left != nullptr;)
        left = send_first(left);
}

send_batch::message* send_batch::send_first(message* oldest) {
    std::array<mmsghdr, at_once_max> messages;
    unsigned count = 0;
    for (message* next = oldest;
         next != nullptr && next->socket_ == oldest->socket_ && count < at_once_max;
         next = next->next_)
        messages[count++].msg_hdr = next->header_;
    message* const behind = oldest->next_;
    if (count == 1 && oldest->send_alone())
        return behind;
    const int sent = send_now(oldest->socket_, messages.data(), count);
    if (sent < 0) {  // what the first of them met with; the others are tried next
        oldest->sent(sent);
        return behind;
    }
    for (unsigned i = 0; i < static_cast<unsigned>(sent); ++i) {
        message* const ended = std::exchange(oldest, oldest->next_);  // it may be gone when resumed
        ended->sent(static_cast<int>(messages[i].msg_len));
    }
    return oldest;
}

}  // namespace ringlet::detail
