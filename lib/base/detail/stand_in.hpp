#pragma once

#include <ringlet/base/thread_pool.hpp>

#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace ringlet {

class network;
class ring;
struct ring_options;

}  // namespace ringlet

namespace ringlet::detail {

class loop_core;

/// Stands in for the system in one thread: rings, the network, host names and threads come from it
/// where a simulation runs.
///
/// One thread: the one in which it is the current one.
class stand_in {
public:
    stand_in() = default;
    stand_in(const stand_in&) = delete;
    stand_in& operator=(const stand_in&) = delete;

    /// The one that stands in for the system in this thread; nullptr for the system itself.
    [[nodiscard]] static stand_in* current() noexcept;

    /// Makes `next` the current one of this thread, or the system itself by nullptr. Gives the one
    /// before.
    static stand_in* exchange(stand_in* next) noexcept;

    /// The time of the simulation.
    [[nodiscard]] virtual std::chrono::steady_clock::time_point now() const noexcept = 0;

    /// Makes the ring of a loop. Throws as ringlet::make_ring does.
    [[nodiscard]] virtual std::unique_ptr<ring> make_ring(const ring_options& options) = 0;

    /// The network of this thread.
    [[nodiscard]] virtual network& net() noexcept = 0;

    /// Runs a job of a thread_pool later, as its threads would, and never within this call. Gives
    /// 0, or -EAGAIN where the job is refused.
    [[nodiscard]] virtual int submit(thread_pool::job& submitted) noexcept = 0;

    /// Takes back a job that has not begun. False if it has.
    [[nodiscard]] virtual bool withdraw(thread_pool::job& submitted) noexcept = 0;

    /// Adds the addresses of `host` in `family` to `found`, without a port. Gives 0, or an EAI_* of
    /// getaddrinfo(3), with EAI_SYSTEM and the error in errno. Throws std::bad_alloc.
    [[nodiscard]] virtual int look_up(const std::string& host, int family,
                                      std::vector<sockaddr_storage>& found) = 0;

    /// Takes on a loop that stands for a thread of its own: from now on the stand-in turns it, as
    /// well as the others, until `remove`. Throws std::bad_alloc.
    virtual void add(loop_core& begun) = 0;

    /// Leaves a loop alone from now on.
    virtual void remove(loop_core& ended) noexcept = 0;

    /// Throws an exception that says that `what` cannot be done here, and what to do `instead`.
    [[noreturn]] virtual void refuse(const char* what, const char* instead) = 0;

protected:
    ~stand_in() = default;

    /// Does the work of a job to its end, as a thread of a pool does. The job is gone afterwards.
    static void run(thread_pool::job& submitted) noexcept;
};

}  // namespace ringlet::detail
