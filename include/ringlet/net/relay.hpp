#pragma once

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/loop/detail/deadline_passed.hpp>
#include <ringlet/net/copy.hpp>
#include <ringlet/net/detail/idle_limit.hpp>
#include <ringlet/net/detail/transfer.hpp>
#include <ringlet/net/duplex_stream.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <stdexcept>
#include <system_error>

namespace ringlet {

/// How `relay` relays.
struct relay_options {
    /// How long no byte may go either way before the relay ends: at most a year; 0 stands for no
    /// limit.
    std::chrono::milliseconds idle_timeout{600'000};

    /// How many bytes are held in memory at a time, in each direction. Of a `stream` so many are
    /// held only while much comes at once, and none while the relay waits: the loop lends the
    /// buffers for that.
    std::size_t buffer_size = copy_buffer_size;
};

/// The outcome of a relay.
struct relay_result {
    /// How many bytes of the first stream have been sent to the second.
    std::uint64_t forth = 0;

    /// How many bytes of the second stream have been sent to the first.
    std::uint64_t back = 0;

    /// The error with which the first stream has failed, if it has. Both errors are timed_out where
    /// the relay was idle for too long.
    std::error_code one_error = {};

    /// The error with which the second stream has failed, if it has. Both errors are timed_out
    /// where the relay was idle for too long.
    std::error_code other_error = {};
};

namespace detail {

/// Throws std::system_error if the coroutine that runs is cancelled.
void throw_if_cancelled();

/// One direction of a relay, up to the end of `from` and of the sending side of `to`.
template <class From, class To>
task<> relay_one_way(From& from, To& to, std::size_t buffer_size, transfer& course,
                     idle_limit& idle) {
    const auto moved = [&] { idle.note(); };
    try {
        co_await transfer_all(from, to, buffer_size, course, moved);
        // The system tells of a reset once. Where a send of the other direction has heard of it, a
        // receive gets the end of the stream instead, as if the peer had sent all.
        throw_if_cancelled();
        course.sending = true;
        co_await to.end_sending();
    } catch (const std::system_error& failure) {
        course.error = failure.code();
        throw;
    }
}

/// Notes in `result` which stream has failed, by the courses of the two directions; a direction
/// that was cancelled, since the other one has failed, says nothing. Whether one has.
bool note_errors(relay_result& result, const transfer& forth, const transfer& back) noexcept;

}  // namespace detail

/// Sends all that comes from each of two streams to the other, until both have ended: the end of
/// one direction ends the sending side of the stream that it goes to, and the other direction goes
/// on. Yields how many bytes went each way, and the errors of the two streams, which it does not
/// throw. Each direction holds one piece in memory, so that a slow receiver suspends its sender.
///
///     ringlet::stream server = co_await ringlet::connect("example.org:80");
///     co_await ringlet::relay(client, server);
///     co_await server.close();
///
/// Every other end aborts both streams, so that no peer takes a part for the whole: where one of
/// them fails, as at a reset, where no byte goes either way for `options.idle_timeout`, and where
/// the coroutine is cancelled. The streams are closed then, and open after an orderly end.
///
/// Send what a reader has buffered before: `co_await server.send_all(in.buffered())`.
///
/// Throws std::system_error if the coroutine is cancelled, or one of the streams is closed
/// meanwhile; what streams of other kinds throw besides; std::invalid_argument for options out of
/// range. One thread: the loop's. Lifetime: the streams outlast the await.
template <duplex_stream One, duplex_stream Other>
[[nodiscard]] task<relay_result> relay(One& one, Other& other, relay_options options = {}) {
    if (options.buffer_size == 0)
        throw std::invalid_argument("relay_options: buffer_size must be 1 or more");
    detail::transfer forth;
    detail::transfer back;
    std::exception_ptr failure;
    bool idle_for_too_long = false;
    bool cancelled = false;
    {
        cancel_scope scope;
        detail::idle_limit idle(scope, options.idle_timeout, "relay_options: idle_timeout");
        const auto both_ways = [&](task_group& group) {
            group.spawn(detail::relay_one_way(other, one, options.buffer_size, back, idle));
            return detail::relay_one_way(one, other, options.buffer_size, forth, idle);
        };
        try {
            co_await task_group::run(std::ref(both_ways));
        } catch (...) {
            failure = std::current_exception();
        }
        idle_for_too_long = idle.passed();
        cancelled = scope.cancelled() && !idle_for_too_long;
    }
    relay_result result{.forth = forth.bytes, .back = back.bytes};
    if (!failure)
        co_return result;
    co_await one.abort();
    co_await other.abort();
    if (idle_for_too_long)
        result.one_error = result.other_error = detail::deadline_passed();
    else if (cancelled || !detail::note_errors(result, forth, back))
        std::rethrow_exception(failure);
    co_return result;
}

}  // namespace ringlet
