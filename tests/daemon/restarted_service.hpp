#pragma once

#include "child_process.hpp"
#include "examples/programs.hpp"
#include "server/every_server.hpp"
#include "temporary_directory.hpp"

#include <sys/prctl.h>

#include <atomic>
#include <csignal>
#include <exception>
#include <future>
#include <optional>
#include <string>
#include <vector>

/// While it lives, this process is the parent of orphans that descend from it. prctl(2).
class foster_parent {
public:
    foster_parent() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }
    foster_parent(const foster_parent&) = delete;
    foster_parent& operator=(const foster_parent&) = delete;
    ~foster_parent() { ::prctl(PR_SET_CHILD_SUBREAPER, 0); }
};

/// A server of tests/daemon/program.cpp, through its restarts: one process after the other.
class restarted_service {
public:
    explicit restarted_service(transport over, const std::string& concurrency = "loop",
                               const command& more = {}, const command& before = {})
        : over_(over), place_(over), program_(command_line(concurrency, more, before)),
          pid_(program_.pid()) {
        address_ = read_address();
    }
    restarted_service(const restarted_service&) = delete;
    restarted_service& operator=(const restarted_service&) = delete;
    ~restarted_service() {
        if (pid_ != program_.pid())
            ::kill(pid_, SIGKILL);
    }

    [[nodiscard]] const ringlet::address& address() const noexcept { return address_; }
    [[nodiscard]] asking_client client() const { return {over_, address_}; }
    [[nodiscard]] std::string ask(std::string_view text) const { return client().ask(text); }
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }
    [[nodiscard]] child_output& log() noexcept { return program_.err(); }

    /// What programs do that are started from now on: see tests/daemon/program.cpp.
    void cast(std::string_view part) { directory_.write("part", part); }

    void signal(int number) const { ::kill(pid_, number); }

    /// Has a new process serve. Returns the one before, which drains.
    pid_t replace() {
        signal(SIGUSR2);
        log().read_until("restart: the new program serves level=info pid=");
        return std::exchange(pid_, std::stoi(log().read_until("\n")));
    }

    /// Restarts, and waits for the end of the process before. Returns its exit status.
    int restart() { return status_of(replace()); }

    /// Restarts in vain, and returns the line that says so.
    std::string restart_in_vain() {
        signal(SIGUSR2);
        log().read_until("no restart: the service goes on ");
        return log().read_until("\n");
    }

    /// Ends the service by SIGTERM, and returns its exit status.
    int stop() {
        signal(SIGTERM);
        return status_of(pid_);
    }

    /// Waits for the end of one of its processes, after those before it. Returns its exit status.
    int status_of(pid_t ended) {
        if (ended == program_.pid())
            return program_.wait();
        const pipe_end exited(static_cast<int>(::syscall(SYS_pidfd_open, ended, 0)));
        pollfd readable{exited.native_handle(), POLLIN, 0};
        const std::chrono::milliseconds limit = time_limit;
        if (::poll(&readable, 1, static_cast<int>(limit.count())) != 1)
            throw std::runtime_error("the restarted service does not end");
        int status = 0;
        if (::waitpid(ended, &status, 0) != ended)
            throw std::runtime_error("the process before has yet to end");
        if (ended == pid_)
            pid_ = program_.pid();  // nothing is left to kill
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    command command_line(const std::string& concurrency, const command& more,
                         const command& before) {
        static constexpr std::array names{"tcp", "udp", "unix_stream", "unix_datagram"};
        command line = before;
        if (before.empty())
            line.push_back(directory_named_by("RINGLET_DAEMON_PROGRAM"));
        line.emplace_back(names.at(static_cast<std::size_t>(over_)));
        line.push_back(concurrency);
        line.push_back(place_.address().to_string());
        line.push_back((directory_.path() / "part").string());
        line.insert(line.end(), more.begin(), more.end());
        return line;
    }

    ringlet::address read_address() {
        log().read_until("serving level=info server=web address=");
        std::string local = log().read_until("\n");
        local.pop_back();
        return ringlet::address::parse(local);
    }

    foster_parent orphans_;
    transport over_;
    free_place place_;
    temporary_directory directory_;
    child_process program_;
    pid_t pid_;
    ringlet::address address_;
};

/// Clients that ask a server without a pause, each in a thread of its own.
class asking_clients {
public:
    asking_clients(const restarted_service& asked, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            threads_.push_back(std::async(std::launch::async, [this, &asked] { ask(asked); }));
    }
    asking_clients(const asking_clients&) = delete;
    asking_clients& operator=(const asking_clients&) = delete;
    ~asking_clients() { stop_ = true; }

    [[nodiscard]] std::size_t answers() const noexcept { return answers_; }

    /// Waits for the last answers. Throws what has become of a request that failed.
    void finish() {
        stop_ = true;
        for (std::future<void>& thread : threads_)
            thread.get();
    }

private:
    void ask(const restarted_service& asked) {
        const std::string question = "what?";
        while (!stop_) {
            if (asked.ask(question) != question)
                throw std::runtime_error("a wrong answer, after " +
                                         std::to_string(answers_.load()));
            ++answers_;
        }
    }

    std::atomic<bool> stop_ = false;
    std::atomic<std::size_t> answers_ = 0;
    std::vector<std::future<void>> threads_;
};
