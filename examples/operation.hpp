#pragma once

// The operation of a server that is to run for years, as the examples have it: signals, a restart
// without a gap, systemd, health checks, metrics, and a log for machines.

#include "command_line.hpp"
#include "tls.hpp"

#include <ringlet/daemon/run.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

/// How the user wants a server to be operated.
struct operation {
    std::string monitor;  // the address of the monitor; empty for none
    std::chrono::milliseconds unready_grace{0};
    std::string user;  // whom the program becomes; empty for nobody else
    std::string log = "brief";
};

/// Gives `options` and, behind them, those for `chosen`.
std::vector<command_line_option> with_operation(operation& chosen,
                                                std::vector<command_line_option> options);

/// Runs a service whose body makes a server and calls `serve_and_tell`. Returns the exit status of
/// the program: see ringlet::daemon::run.
int operate(const operation& chosen, const std::function<void(ringlet::daemon::service&)>& body);

/// Gives up privileges, prints the address at which `server` listens, then serves until its end, in
/// the way that `ringlet::daemon::service::serve` has it.
void serve_and_tell(const operation& chosen, ringlet::daemon::service& self,
                    ringlet::server& server, const operated_tls& tls);
