#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/detail/basic_channel.hpp>
#include <ringlet/coro/detail/queued_operation.hpp>

#include <concepts>

namespace ringlet {

namespace detail {

/// Says that the coroutines of one loop share a channel, which then needs no lock.
struct one_loop {
    struct mutex {
        void lock() noexcept {}
        void unlock() noexcept {}
    };

    class operation : public queued_operation {
    protected:
        operation(const char* name, queue& line, mutex& /*guard*/, error_sink error)
            : queued_operation(name, line, error) {}
        ~operation() = default;
    };

    static constexpr const char* send = "channel::send";
    static constexpr const char* receive = "channel::receive";
};

}  // namespace detail

/// A bounded queue between coroutines of one loop, for any number of senders and receivers. Senders
/// wait while it is full, receivers while it is empty; first come, first served. Cancelling a
/// sender or a receiver never loses an item. The move constructor of `T` must not throw.
///
///     ringlet::channel<job> jobs(100);
///     co_await jobs.send(std::move(next));           // or send(next), which sends a copy
///     while (auto next = co_await jobs.receive())    // until jobs.close()
///         co_await work_on(*next);
///
/// GCC 12 destroys an aggregate that is a temporary of a co_await expression twice: an item such as
/// `job{"name", 1}` needs a name, or `job` a constructor.
///
/// One thread: the loop's. Lifetime: the channel outlives the coroutines that wait at it.
template <std::movable T>
using channel = detail::basic_channel<T, detail::one_loop>;

}  // namespace ringlet
