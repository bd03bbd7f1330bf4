#include <ringlet/base/log.hpp>
#include <ringlet/daemon/monitor.hpp>
#include <ringlet/daemon/run.hpp>
#include <ringlet/loop/dump_tasks.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/stream_errc.hpp>
#include <ringlet/server/tcp_server.hpp>
#include <ringlet/server/unix_stream_server.hpp>

#include <exception>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace ringlet::daemon {

namespace {

constexpr auto prometheus_text = "text/plain; version=0.0.4; charset=utf-8";

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
    const answer said = request ? answer_to(request->method, request->path) : answer{.status = 400};
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

monitor::answer monitor::answer_to(const std::string& method, const std::string& path) const {
    if (method != "GET" && method != "HEAD")
        return {.status = 405};
    if (path == "/healthz")
        return {.status = 200, .body = "alive\n"};
    if (path == "/readyz") {
        if (ready_)
            return {.status = 200, .body = "ready\n"};
        return {.status = 503, .body = "not ready\n"};
    }
    try {
        if (path == "/metrics")
            return {.status = 200, .body = counted_.text(), .type = prometheus_text};
        if (path == "/debug/tasks") {
            std::ostringstream tasks;
            dump_tasks(loop::require_current("monitor"), tasks);
            return {.status = 200, .body = tasks.str()};
        }
    } catch (...) {
        log(log_level::error, "the monitor cannot answer",
            {{"path", path}, {"error", std::current_exception()}});
        return {.status = 500};
    }
    return {.status = 404, .body = "Not Found: /healthz /readyz /metrics /debug/tasks are here\n"};
}

}  // namespace ringlet::daemon
