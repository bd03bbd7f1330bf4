// A server under comparison, started by us and ended by us.
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
    // ADDRESS`. Throws server_failure when it does not, or ends.
    server_process(std::string name, const std::string& command, transport over,
                   const cpu_list& cpus);

    // Ends it, if need be by force.
    ~server_process();
    server_process(const server_process&) = delete;
    server_process& operator=(const server_process&) = delete;

    const std::string& name() const noexcept { return name_; }
    const endpoint& address() const noexcept { return address_; }

    std::chrono::nanoseconds cpu_time() const;

    // Its memory and its children's; nothing where the system does not tell.
    std::optional<std::size_t> memory_bytes() const;

    // How it ended, for an error message: "ended with status 1"; nothing while it runs.
    std::optional<std::string> how_it_ended();

    // Asks it to end, with SIGTERM. Throws server_failure unless it does, in time and without an
    // error.
    void stop();

private:
    void await_announcement(transport over);
    std::string read_announced_line();
    bool ends_within(std::chrono::milliseconds patience);
    void end() noexcept;

    std::string name_;
    pid_t pid_ = -1;
    std::optional<int> status_;  // once reaped, as from waitpid(2)
    descriptor output_;          // kept open, or later output would kill the server with SIGPIPE
    endpoint address_;
};
