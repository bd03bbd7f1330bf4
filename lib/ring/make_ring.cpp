#include "base/detail/stand_in.hpp"
#include "ring/detail/setup_error.hpp"

#include <ringlet/base/log.hpp>
#include <ringlet/ring/epoll_ring.hpp>
#include <ringlet/ring/kernel_ring.hpp>
#include <ringlet/ring/make_ring.hpp>

#include <chrono>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace ringlet {

namespace {

using kind = ring_options::kind;

kind named_by_environment() {
    const char* const value = std::getenv("RINGLET_RING");
    const std::string_view name = value == nullptr ? "" : value;
    if (name.empty())
        return kind::any;
    if (name == "kernel")
        return kind::kernel;
    if (name == "epoll")
        return kind::epoll;
    throw std::invalid_argument(
        "the environment variable RINGLET_RING must be kernel or epoll, not " + std::string(name));
}

void report_fallback(const char* cause) {
    static std::once_flag reported;
    std::call_once(reported, [cause] {
        log(log_level::warning, "going on with epoll instead of io_uring", {{"error", cause}});
    });
}

// How long a ring that is asked for by name waits for memory. The memory of a ring counts against
// the limit until the kernel has ended the ring, some milliseconds after it was closed.
constexpr std::chrono::seconds memory_wait_max{1};
constexpr std::chrono::milliseconds memory_retry_interval{1};

std::unique_ptr<ring> make_kernel_ring(const ring_options& options) {
    auto kernel = std::make_unique<kernel_ring>(options);
    kernel->enter(0, 0, ring::no_deadline);  // some filters forbid only this call
    return kernel;
}

std::unique_ptr<ring> insist_on_kernel_ring(const ring_options& options) {
    const auto end = std::chrono::steady_clock::now() + memory_wait_max;
    for (;;) {
        try {
            return make_kernel_ring(options);
        } catch (const std::system_error& refused) {
            if (refused.code() != std::errc::not_enough_memory ||
                std::chrono::steady_clock::now() >= end)
                throw;
        }
        std::this_thread::sleep_for(memory_retry_interval);
    }
}

}  // namespace

std::unique_ptr<ring> make_ring(const ring_options& options) {
    if (detail::stand_in* const simulation = detail::stand_in::current())
        return simulation->make_ring(options);
    const kind wanted = options.wanted == kind::any ? named_by_environment() : options.wanted;
    if (wanted == kind::epoll)
        return std::make_unique<epoll_ring>(options);
    if (wanted == kind::kernel)
        return insist_on_kernel_ring(options);
    try {
        return make_kernel_ring(options);
    } catch (const std::system_error& refused) {
        if (!detail::lacks_io_uring(refused.code()))
            throw;
        auto epoll = std::make_unique<epoll_ring>(options);
        report_fallback(refused.what());
        return epoll;
    }
}

}  // namespace ringlet
