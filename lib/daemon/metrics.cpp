#include "detail/process_metrics.hpp"

#include <ringlet/daemon/metrics.hpp>
#include <ringlet/loop/loop_times.hpp>

#include <utility>

namespace ringlet::daemon {

namespace {

void write_requests(metrics_text& out, metrics_text::labels where, const server_counters& counts) {
    out.counter("ringlet_server_accepted_total", "Requests that were accepted.", where,
                counts.accepted);
    out.counter("ringlet_server_refused_total", "Requests that were closed without being handled.",
                where, counts.refused);
    out.gauge("ringlet_server_active", "Requests that are being handled.", where, counts.active);
    out.counter("ringlet_server_finished_total", "Requests whose handler has returned.", where,
                counts.finished);
    out.counter("ringlet_server_received_bytes_total", "Bytes from clients.", where,
                counts.bytes_received);
    out.counter("ringlet_server_sent_bytes_total", "Bytes to clients.", where, counts.bytes_sent);
    out.counter("ringlet_server_received_packets_total", "Packets from clients.", where,
                counts.packets_received);
    out.counter("ringlet_server_sent_packets_total", "Packets to clients.", where,
                counts.packets_sent);
    out.counter("ringlet_server_dropped_replies_total", "Packets for which a client had no room.",
                where, counts.replies_dropped);
    out.counter("ringlet_server_accept_pauses_total",
                "Pauses at a limit, or for lack of descriptors or memory.", where,
                counts.accept_pauses);
}

void write_failures(metrics_text& out, const char* metric, const char* help,
                    const std::string& name, const server_counters::failures& failed) {
    const auto write = [&](std::string_view cause, std::uint64_t number) {
        out.counter(metric, help, {{"server", name}, {"cause", cause}}, number);
    };
    write("timed_out", failed.timed_out);
    write("reset", failed.reset);
    write("cancelled", failed.cancelled);
    write("other", failed.other);
    write("child_lost", failed.child_lost);
}

void write(metrics_text& out, const std::string& name, const server& counted) {
    const server_counters counts = counted.counters();
    const std::initializer_list<std::pair<std::string_view, std::string_view>> where = {
        {"server", name}};
    write_requests(out, where, counts);
    write_failures(out, "ringlet_server_failed_total", "Requests that ended with an exception.",
                   name, counts.failed);
    out.gauge("ringlet_server_active_max", "Requests that may be handled at a time.", where,
              counted.options().max_connections);
    out.gauge("ringlet_server_establishing", "Connections on their way to the handler.", where,
              counts.establishing);
    out.counter("ringlet_server_established_total", "Connections that have reached the handler.",
                where, counts.established);
    write_failures(out, "ringlet_server_establish_failed_total",
                   "Connections that have failed on their way to the handler.", name,
                   counts.establish_failed);
    out.counter("ringlet_server_children_started_total", "Child processes.", where,
                counts.children_started);
    out.counter("ringlet_server_children_lost_total",
                "Child processes that failed, or left requests unfinished.", where,
                counts.children_lost);
}

}  // namespace

void detail::write(metrics_text& out, const std::string& name, const handshakes& counts) {
    const metrics_text::labels where = {{"context", name}};
    out.gauge("ringlet_tls_handshakes_active", "Handshakes that are under way.", where,
              counts.in_progress);
    out.counter("ringlet_tls_handshakes_total", "Handshakes that have succeeded.", where,
                counts.succeeded);
    out.counter("ringlet_tls_resumed_handshakes_total",
                "Handshakes that took up an earlier session.", where, counts.resumed);
    const auto fail = [&](std::string_view cause, std::uint64_t number) {
        out.counter("ringlet_tls_failed_handshakes_total", "Handshakes that have failed.",
                    {{"context", name}, {"cause", cause}}, number);
    };
    fail("timed_out", counts.failed.timed_out);
    fail("gone", counts.failed.gone);
    fail("cancelled", counts.failed.cancelled);
    fail("certificate", counts.failed.certificate);
    fail("no_match", counts.failed.no_match);
    fail("not_tls", counts.failed.not_tls);
    fail("other", counts.failed.other);
    out.counter("ringlet_tls_reloads_total", "Reloads that brought other certificates into use.",
                where, counts.reloads);
    out.counter("ringlet_tls_failed_reloads_total",
                "Reloads that left the earlier certificates in use.", where, counts.failed_reloads);
}

metrics::metrics() {
    measure_loops();
}

void metrics::add(std::string name, const server& counted) {
    add([name = std::move(name), &counted](metrics_text& out) { write(out, name, counted); });
}

void metrics::add(std::function<void(metrics_text&)> tell) {
    sources_.push_back(std::move(tell));
}

std::string metrics::text() const {
    metrics_text out;
    for (const auto& tell : sources_)
        tell(out);
    const loop_times times = measured_loop_times();
    out.histogram("ringlet_loop_turn_seconds",
                  "How long the turns of event loops took, in which nothing else could run.", {},
                  times.turns);
    out.histogram("ringlet_loop_wait_seconds",
                  "How long coroutines that could go on waited for their loop.", {}, times.waits);
    detail::write_process(out);
    return out.text();
}

}  // namespace ringlet::daemon
