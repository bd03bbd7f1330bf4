#include "operation.hpp"

#include <ringlet/base/log.hpp>
#include <ringlet/daemon/journal_log.hpp>
#include <ringlet/daemon/line_log.hpp>
#include <ringlet/daemon/monitor.hpp>
#include <ringlet/daemon/privileges.hpp>

#include <iostream>
#include <map>
#include <optional>

using ringlet::daemon::journal_log;
using ringlet::daemon::line_log;
using ringlet::daemon::line_log_options;
using ringlet::daemon::service;
using ringlet::daemon::service_state;

namespace {

void log_brief() {
    ringlet::set_log_options({.least = ringlet::log_level::warning});
}

void log_text() {
    static line_log lines;
    ringlet::set_log(&lines);
}

void log_json() {
    static line_log lines({.time = true, .lines = line_log_options::form::json});
    ringlet::set_log(&lines);
}

void log_journal() {
    static journal_log journal;
    ringlet::set_log(&journal);
}

const std::map<std::string, void (*)()> logs{
    {"brief", log_brief}, {"text", log_text}, {"json", log_json}, {"journal", log_journal}};

}  // namespace

std::vector<command_line_option> with_operation(operation& chosen,
                                                std::vector<command_line_option> options) {
    options.push_back({"--monitor", &chosen.monitor,
                       "Answer health checks and Prometheus there: HOST:PORT or unix:PATH"});
    options.push_back({"--unready-grace", &chosen.unready_grace,
                       "How long to serve on after SIGTERM, for load balancers to notice"});
    options.push_back({"--user", &chosen.user, "Become this user once the sockets are bound"});
    options.push_back({"--log", one_of(chosen.log, logs),
                       "Problems alone, lines of text or of JSON, or systemd's journal"});
    return options;
}

int operate(const operation& chosen, const std::function<void(service&)>& body) {
    logs.at(chosen.log)();
    return ringlet::daemon::run({.unready_grace = chosen.unready_grace}, body);
}

void serve_and_tell(const operation& chosen, service& self, ringlet::server& server,
                    const operated_tls& tls) {
    std::optional<ringlet::daemon::monitor> monitor;
    if (!chosen.monitor.empty()) {
        monitor.emplace(self, ringlet::address::parse(chosen.monitor));
        monitor->counted().add(server.options().name, server);
        tls.count(monitor->counted());
    }
    if (!chosen.user.empty())
        ringlet::daemon::drop_privileges({.user = chosen.user});
    self.on_reload(tls.reload);
    self.on_state([&](service_state state) {
        if (state == service_state::ready)
            std::cout << "listening on " << server.server_address() << std::endl;
    });
    self.serve(server);
}
