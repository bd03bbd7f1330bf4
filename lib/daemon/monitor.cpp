#include "daemon/detail/loop_round.hpp"

#include <ringlet/base/log.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/daemon/monitor.hpp>
#include <ringlet/daemon/run.hpp>
#include <ringlet/loop/dump_tasks.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/stream_errc.hpp>
#include <ringlet/server/tcp_server.hpp>
#include <ringlet/server/unix_stream_server.hpp>

#include <unistd.h>

#include <chrono>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace ringlet::daemon {

namespace {

constexpr auto prometheus_text = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::chrono::milliseconds answer_time{1000};  // of a loop that is asked for its tasks

std::unique_ptr<server> make_server(named_socket given, const address& local,
                                    any_handler<stream> handler, const monitor_options& limits) {
    server_options options;
    options.max_connections = limits.clients_max;
    options.request_timeout = limits.request_timeout;
    // Whoever asks during the drain of the others is answered; nobody who stays silent is waited
    // for.
    options.drain_timeout = std::chrono::milliseconds(100);
    if (local.family() == AF_UNIX)
        return std::make_unique<unix_stream_server>(std::move(given), local, std::move(handler),
                                                    options);
    return std::make_unique<tcp_server>(std::move(given), local, std::move(handler), options);
}

std::string_view reason_of(int status) {
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    default:
        return "Service Unavailable";
    }
}

/// The first line of a request: RFC 9112, section 3.
struct request_line {
    std::string method;
    std::string path;  // without the query
};

std::optional<request_line> parse(std::string_view head) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == line.npos || last == first)
        return {};
    const std::string_view target = line.substr(first + 1, last - first - 1);
    if (first == 0 || !target.starts_with('/') || target.find(' ') != target.npos ||
        !line.substr(last + 1).starts_with("HTTP/1."))
        return {};
    return request_line{std::string(line.substr(0, first)),
                        std::string(target.substr(0, target.find('?')))};
}

/// What waits in the loop of one thread, as people read it.
std::string tasks_of(loop& owner) {
    std::ostringstream tasks;
    tasks << "thread " << ::gettid() << '\n';
    dump_tasks(owner, tasks);
    return tasks.str();
}

/// What waits in this loop, and then in those of the process's other threads. A loop that hangs is
/// waited for a second, and named in number only.
task<std::string> tasks_of_all_loops() {
    struct answers {
        std::mutex mutex;
        std::string text;
    };
    const auto told = std::make_shared<answers>();
    const detail::loop_round round([told](loop& asked) {
        const std::string tasks = tasks_of(asked);
        const std::lock_guard lock(told->mutex);
        told->text += tasks;
    });
    constexpr std::chrono::milliseconds pause{5};
    for (auto waited = pause.zero(); round.missing() > 0 && waited < answer_time; waited += pause)
        co_await sleep_for(pause);
    std::string text = tasks_of(loop::require_current("monitor"));
    const std::lock_guard lock(told->mutex);
    text += told->text;
    if (const std::size_t missing = round.missing())
        text += "threads whose loop has not turned for a second, since something in it blocks: " +
                std::to_string(missing) + '\n';
    co_return text;
}

}  // namespace

monitor::monitor(named_socket given, const address& local, const monitor_options& options)
    : options_(options),
      served_(make_server(
          std::move(given), local,
          [this](stream& client, const address& peer) { return serve(client, peer); }, options)),
      failures_(log_level::warning, "the monitor has given a client up") {
    if (options.request_size_max == 0)
        throw std::invalid_argument("monitor_options::request_size_max must be 1 or more");
}

monitor::monitor(const address& local, const monitor_options& options)
    : monitor(named_socket(), local, options) {}

monitor::monitor(service& of, const address& local, const monitor_options& options)
    : monitor(of.socket("monitor"), local, options) {
    of.attend(*served_);
    of.on_state([this](service_state state) { set_ready(state == service_state::ready); });
}

monitor::~monitor() = default;

task<> monitor::serve(stream& client, const address& peer) {
    try {
        co_await converse(client);
    } catch (const std::system_error& error) {
        failures_.report({{"client", peer}, {"error", error.what()}});
    }
}

task<> monitor::converse(stream& client) {
    reader in(client, {.piece_max = options_.request_size_max});
    std::error_code error;
    const auto head = co_await in.read_until("\r\n\r\n", error);
    if (error == stream_errc::too_long) {
        const std::string refusal = written({.status = 431}, true);
        co_await client.send_all(refusal);
        co_return;
    }
    if (error == stream_errc::end_of_stream || (!error && !head))
        co_return;  // as whoever only looks whether somebody listens
    if (error)
        throw std::system_error(error, "a request to the monitor");
    const auto request = parse(*head);
    answer said{.status = 400};
    if (request)
        said = co_await answer_to(request->method, request->path);
    const std::string text = written(said, !request || request->method != "HEAD");
    co_await client.send_all(text);
}

std::string monitor::written(const answer& said, bool with_body) {
    const std::string body =
        said.body.empty() ? std::string(reason_of(said.status)) + '\n' : said.body;
    std::string text = "HTTP/1.1 " + std::to_string(said.status) + ' ';
    text.append(reason_of(said.status)).append("\r\nContent-Type: ").append(said.type);
    text += "\r\nContent-Length: " + std::to_string(body.size());
    text += said.status == 405 ? "\r\nAllow: GET, HEAD" : "";
    text += "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
    return with_body ? text + body : text;
}

task<monitor::answer> monitor::answer_to(const std::string& method, const std::string& path) const {
    if (method != "GET" && method != "HEAD")
        co_return answer{.status = 405};
    if (path == "/healthz")
        co_return answer{.status = 200, .body = "alive\n"};
    if (path == "/readyz") {
        if (ready_)
            co_return answer{.status = 200, .body = "ready\n"};
        co_return answer{.status = 503, .body = "not ready\n"};
    }
    if (path == "/debug/tasks") {
        std::string tasks =
            co_await tasks_of_all_loops();  // GCC 12 ends it twice inside the answer
        co_return answer{.status = 200, .body = std::move(tasks)};
    }
    if (path == "/metrics")
        co_return metrics_now();
    co_return answer{.status = 404,
                     .body = "Not Found: /healthz /readyz /metrics /debug/tasks are here\n"};
}

monitor::answer monitor::metrics_now() const {
    try {
        return {.status = 200, .body = counted_.text(), .type = prometheus_text};
    } catch (...) {
        log(log_level::error, "the monitor cannot tell the metrics",
            {{"error", std::current_exception()}});
        return {.status = 500};
    }
}

}  // namespace ringlet::daemon
