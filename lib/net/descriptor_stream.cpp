#include "net/detail/own_description.hpp"

#include <ringlet/coro/shield.hpp>
#include <ringlet/loop/detail/close_operation.hpp>
#include <ringlet/net/descriptor_stream.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

namespace ringlet {

namespace {

using detail::owned_descriptor;

[[noreturn]] void throw_error(int error) {
    throw std::system_error(error, std::system_category(), "descriptor_stream");
}

/// Takes over `fd`, or nothing where it is negative.
owned_descriptor taken(int fd) {
    return fd < 0 ? owned_descriptor()
                  : detail::own_description(owned_descriptor(fd, "descriptor_stream"));
}

/// How a descriptor was opened: O_RDONLY, O_WRONLY or O_RDWR.
int access_mode(const owned_descriptor& opened) {
    const int flags = ::fcntl(opened.native_handle(), F_GETFL);
    if (flags < 0)
        throw_error(errno);
    return flags & O_ACCMODE;
}

/// Whether `fd` is a file, which poll(2) takes for ready at all times.
bool is_file(int fd) noexcept {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode));
}

}  // namespace

descriptor_stream::descriptor_stream(int fd) : descriptor_stream(fd, -1) {
    const int mode = access_mode(receiving_);
    if (mode == O_WRONLY)
        std::swap(receiving_, sending_);
    else if (mode == O_RDWR)
        sending_ = owned_descriptor(::fcntl(receiving_descriptor(), F_DUPFD_CLOEXEC, 0),
                                    "descriptor_stream");
    sends_to_file_ = is_file(sending_descriptor());
}

descriptor_stream::descriptor_stream(int receiving, int sending)
    : core_(nullptr), receiving_(taken(receiving)), sending_(taken(sending)),
      sends_to_file_(is_file(sending_descriptor())) {
    core_ = &detail::loop_core::require_current("descriptor_stream");
}

task<> descriptor_stream::end_sending(error_sink error) {
    outgoing_.require_idle("end_sending");
    std::error_code failure;
    // A socket has a sending side that other descriptors of it share.
    if (sending_descriptor() >= 0 && ::shutdown(sending_descriptor(), SHUT_WR) < 0 &&
        errno != ENOTSOCK)
        failure = {errno, std::system_category()};
    sending_ = owned_descriptor();
    outgoing_.set_ended();
    error.report(failure, "end_sending");
    co_return;
}

void descriptor_stream::end_receiving() {
    incoming_.require_idle("end_receiving");
    receiving_ = owned_descriptor();
}

task<> descriptor_stream::close() {
    const shield closing(owner());
    while (!idle()) {
        incoming_.cancel();
        outgoing_.cancel();
        co_await incoming_.settled(*core_);
        co_await outgoing_.settled(*core_);
    }
    for (owned_descriptor* const end : {&receiving_, &sending_})
        if (const int fd = end->release(); fd >= 0)
            static_cast<void>(co_await detail::close_operation(*core_, fd));
}

}  // namespace ringlet
