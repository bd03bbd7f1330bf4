#pragma once

#include <ringlet/base/log_throttle.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/daemon/metrics.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/server/server.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace ringlet::daemon {

class service;

/// The limits of a monitor.
struct monitor_options {
    /// How many clients the monitor answers at a time; further ones wait. 1 or more.
    std::size_t clients_max = 16;

    /// The bytes of a request, with all its header fields. A longer one is refused (431).
    std::size_t request_size_max = 8192;

    /// The time that a client has to send its request and to take its answer. The monitor then
    /// gives it up, and says so in the log. 0 is for ever, else up to a year.
    std::chrono::milliseconds request_timeout{5000};
};

/// Tells over HTTP how a service does: to load balancers, to Prometheus, to people.
///
/// | path | answer |
/// |---|---|
/// | `/healthz` | 200 as long as the loop turns |
/// | `/readyz` | 200 while the service is ready, 503 before that and while it drains |
/// | `/metrics` | all that `counted` tells, in the text format of Prometheus |
/// | `/debug/tasks` | what waits in the loops of this process, and where: see dump_tasks |
///
/// It runs in the loop of the servers of which it tells, so that a loop which hangs answers
/// nothing. Of tasks in loops of other threads it tells, too, and of how many of these have not
/// turned for a second, but not of those in child processes:
///
///     ringlet::daemon::monitor monitor({"127.0.0.1", 9464});
///     monitor.counted().add("web", web);
///     ringlet::serve_until_signal([&] { monitor.set_ready(true); }, web, monitor.served());
///
/// The answers are for those who run the service: the address is one of the loopback, or the path
/// of a Unix socket, unless a firewall keeps others away. Each connection gets one answer.
///
/// One thread: the loop's; but any thread may call `set_ready`.
class monitor {
public:
    /// Makes a monitor that listens at `local`, an address of TCP or of a Unix socket. Throws
    /// std::invalid_argument for an address of another kind and for options that make no sense, and
    /// what a server's constructor throws for an address that cannot be had.
    explicit monitor(const address& local, const monitor_options& options = {});

    /// Makes the monitor of a service, which is ready while the service is. It serves beside the
    /// servers of the service, from before they begin until they have drained. A restarted program
    /// is given its socket by the name "monitor". Lifetime: the monitor outlives `of`'s serving.
    ///
    ///     return ringlet::daemon::run([](ringlet::daemon::service& self) {
    ///         ringlet::tcp_server web(self.socket("web"), {"0.0.0.0", 8080}, echo);
    ///         ringlet::daemon::monitor monitor(self, {"127.0.0.1", 9464});
    ///         monitor.counted().add("web", web);
    ///         self.serve(web);
    ///     });
    monitor(service& of, const address& local, const monitor_options& options = {});
    monitor(const monitor&) = delete;
    monitor& operator=(const monitor&) = delete;
    ~monitor();

    /// The metrics that the monitor tells.
    [[nodiscard]] metrics& counted() noexcept { return counted_; }

    /// The server that answers, which serves beside the others.
    [[nodiscard]] server& served() noexcept { return *served_; }

    /// Says whether the service is ready for clients; at first it is not.
    void set_ready(bool ready) noexcept { ready_ = ready; }

private:
    monitor(named_socket given, const address& local, const monitor_options& options);

    struct answer {
        int status = 0;
        std::string body{};  // the reason for the status where it is empty
        const char* type = "text/plain; charset=utf-8";
    };

    task<> serve(stream& client, const address& peer);
    task<> converse(stream& client);
    static std::string written(const answer& said, bool with_body);
    task<answer> answer_to(const std::string& method, const std::string& path) const;
    answer metrics_now() const;

    const monitor_options options_;
    metrics counted_;
    std::atomic<bool> ready_ = false;
    std::unique_ptr<server> served_;
    log_throttle failures_;
};

}  // namespace ringlet::daemon
