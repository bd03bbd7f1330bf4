// A server under comparison, which this program starts and ends.
#pragma once

#include "../endpoint.hpp"
#include "descriptor.hpp"
#include "machine.hpp"

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

class server_process {
public:
    // Starts `command` through the shell, pinned to `cpus`, and waits until it prints `listening on
    // ADDRESS`. Throws server_failure if it does not, or if it ends.
    server_process(std::string name, const std::string& command, transport over,
                   const cpu_list& cpus);

    // Ends the server, if need be by force.
    ~server_process();
    server_process(const server_process&) = delete;
    server_process& operator=(const server_process&) = delete;

    const std::string& name() const noexcept { return name_; }
    const endpoint& address() const noexcept { return address_; }

    std::chrono::nanoseconds cpu_time() const;

    // The memory of the server and its children; nothing if the system does not tell.
    std::optional<std::size_t> memory_bytes() const;

    // How the server has ended, for an error message: "ended with status 1"; nothing while it runs.
    std::optional<std::string> how_it_ended();

    // Asks the server to end, by SIGTERM. Throws server_failure unless it ends in time and without
    // an error.
    void stop();

private:
    void await_announcement(transport over);
    std::string read_announced_line();
    bool ends_within(std::chrono::milliseconds timeout);
    void end() noexcept;

    std::string name_;
    pid_t pid_ = -1;
    std::optional<int> status_;  // once reaped, as from waitpid(2)
    descriptor output_;          // kept open, or later output would kill the server with SIGPIPE
    endpoint address_;
};
