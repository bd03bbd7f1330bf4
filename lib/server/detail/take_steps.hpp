#pragma once

#include "base/detail/exception_text.hpp"
#include "server/detail/counter_slot.hpp"
#include "server/detail/deadline_or_never.hpp"
#include "server/detail/server_reports.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/server/failure_cause.hpp>
#include <ringlet/server/server_options.hpp>

#include <exception>
#include <string_view>

namespace ringlet::detail {

/// Reports that a client has not come through a step of server_options::establish.
inline void report_unestablished(server_reports& reports, const address& client,
                                 std::string_view step, std::string_view error) noexcept {
    reports.unestablished.report({{"client", client}, {"step", step}, {"error", error}});
}

/// Whether there is something left to handle: a step may have closed a connection.
inline bool goes_on(const stream& request) noexcept {
    return request.is_open();
}
inline bool goes_on(const datagram_request& /*request*/) noexcept {
    return true;
}

/// Takes a request through the steps of server_options::establish, counts and reports how that
/// ends. Yields whether the request has passed them.
template <class Request>
task<bool> take_steps(const server_options& options, counter_slot& counts, server_reports& reports,
                      Request& request, address& client) {
    counts.begin_establishing();
    std::string_view step_name;
    try {
        const cancel_scope time_limit(deadline_or_never(options.establish_timeout));
        for (const establish_step& step : options.establish) {
            step_name = step.name();
            co_await step(request, client);
            if (!goes_on(request))
                break;
        }
        counts.finish_establishing();
        co_return goes_on(request);
    } catch (...) {
        const std::exception_ptr failure = std::current_exception();
        counts.fail_establishing(cause_of(failure));
        report_unestablished(reports, client, step_name, exception_text(failure));
    }
    co_return false;
}

}  // namespace ringlet::detail
