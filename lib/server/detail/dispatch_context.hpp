#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/server/server_options.hpp>

#include <chrono>
#include <exception>
#include <system_error>

namespace ringlet::detail {

/// The server behind a dispatcher, as the dispatcher sees it.
///
/// Thread-safe: `report_refused`. The rest belongs to the loop that serves.
class dispatch_context {
public:
    dispatch_context() = default;
    dispatch_context(const dispatch_context&) = delete;
    dispatch_context& operator=(const dispatch_context&) = delete;

    [[nodiscard]] virtual const server_options& options() const noexcept = 0;

    /// Hears that the system is too short of something to begin a request, which is tried again
    /// after `pause`. The dispatcher calls this once for each shortage.
    virtual void overloaded(std::error_code error,
                            std::chrono::milliseconds pause) const noexcept = 0;

    /// Counts a request that could not be begun after all, and reports the exception; nullptr where
    /// the request was cancelled.
    virtual void report_refused(const std::exception_ptr& exception,
                                const address& client) const noexcept = 0;

protected:
    ~dispatch_context() = default;
};

}  // namespace ringlet::detail
