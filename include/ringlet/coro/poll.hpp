#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/poll_operation.hpp>
#include <ringlet/loop/loop.hpp>

namespace ringlet {

/// Waits until one of `events` comes true of a descriptor, and yields the events that are there:
/// for descriptors that bring no operation of their own, such as those of another library, a
/// timerfd, an inotify or a device. The events are those of poll(2): POLLIN, POLLOUT, ..., and
/// POLLERR, POLLHUP and POLLNVAL come unasked.
///
///     while (co_await ringlet::poll(watch, POLLIN))
///         read_events(watch);
///
/// An event may have gone by the time the coroutine reads: another reader was faster, or poll(2)
/// was wrong, as it may be for sockets. Let the descriptor be O_NONBLOCK, and poll again at EAGAIN.
///
/// Awaiting it throws std::system_error if the descriptor cannot be polled or the wait is
/// cancelled, or stores that in `error` and yields 0. Throws std::logic_error outside a loop.
///
/// One thread: the loop's. Lifetime: the descriptor stays open as long as the coroutine waits; a
/// descriptor that is closed meanwhile may never be ready.
[[nodiscard]] inline detail::poll_operation poll(int fd, short events, error_sink error = throws) {
    return {detail::loop_core::require_current("poll"), fd, events, error};
}

}  // namespace ringlet
