#pragma once

#include <ringlet/daemon/metrics_text.hpp>
#include <ringlet/server/server.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace ringlet::daemon {

namespace detail {

/// Whatever has the counters of a TLS context, so that this library does without that of TLS.
template <class Context>
concept counts_handshakes = requires(const Context& context) {
    context.counters().handshakes;
    context.counters().resumed;
    context.counters().failed.not_tls;
};

/// The counters of a TLS context.
struct handshakes {
    struct failures {
        std::uint64_t timed_out, gone, cancelled, certificate, no_match, not_tls, other;
    };
    std::uint64_t in_progress, succeeded, resumed;
    failures failed;
    std::uint64_t reloads, failed_reloads;
};

void write(metrics_text& out, const std::string& name, const handshakes& counts);

}  // namespace detail

/// Where the metrics of a program come from: its servers, its loops, and what else it adds.
///
/// One thread, that of the loop which tells the metrics. Lifetime: what is added outlives this
/// object.
class metrics {
public:
    /// Has all loops measured that begin to run from now on: see measure_loops, which says what it
    /// throws. The metrics tell of these, and of the process (proc(5)).
    metrics();

    /// Adds a server's counters, of all its threads and children. `name`, the label `server`, is
    /// one by which people tell servers apart.
    void add(std::string name, const server& counted);
    void add(std::string name, const server&& counted) = delete;

    /// Adds the counters of a TLS context, server_context or client_context. `name` is the label
    /// `context`.
    template <detail::counts_handshakes Context>
    void add(std::string name, const Context& context) {
        add([name = std::move(name), &context](metrics_text& out) {
            const auto counts = context.counters();
            detail::write(
                out, name,
                {.in_progress = counts.in_progress,
                 .succeeded = counts.handshakes,
                 .resumed = counts.resumed,
                 .failed = {counts.failed.timed_out, counts.failed.gone, counts.failed.cancelled,
                            counts.failed.certificate, counts.failed.no_match,
                            counts.failed.not_tls, counts.failed.other},
                 .reloads = counts.reloads,
                 .failed_reloads = counts.failed_reloads});
        });
    }

    template <detail::counts_handshakes Context>
    void add(std::string name, const Context&& context) = delete;

    /// Adds metrics of the program's own, which `tell` writes each time that somebody asks.
    void add(std::function<void(metrics_text&)> tell);

    /// What all of them are now. Throws what the program's own metrics throw.
    [[nodiscard]] std::string text() const;

private:
    std::vector<std::function<void(metrics_text&)>> sources_;
};

}  // namespace ringlet::daemon
