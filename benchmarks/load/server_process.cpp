#include "server_process.hpp"

#include "../checked.hpp"
#include "closed_loop.hpp"
#include "process_usage.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <thread>

namespace {

using namespace std::chrono_literals;

constexpr auto start_timeout = 10s;
constexpr auto stop_timeout = 3s;

[[noreturn]] void become(const char* command, int output, const cpu_list& cpus, pid_t parent) {
    // Should we die without a chance to end the server, the kernel does it for us.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent || ::dup2(output, STDOUT_FILENO) < 0)
        ::_exit(126);
    if (!pin_to(cpus))
        std::perror("sched_setaffinity");
    ::execl("/bin/sh", "sh", "-c", command, static_cast<char*>(nullptr));
    ::_exit(127);
}

}  // namespace

server_process::server_process(std::string name, const std::string& command, transport over,
                               const cpu_list& cpus)
    : name_(std::move(name)) {
    int ends[2];
    checked(::pipe2(ends, O_CLOEXEC), "pipe2");
    output_ = descriptor(ends[0]);
    const descriptor input(ends[1]);
    const std::string line =
        "exec " + command;  // or the shell would stand between us and the server
    const pid_t self = ::getpid();
    pid_ = checked(::fork(), "fork");
    if (pid_ == 0)
        become(line.c_str(), input.get(), cpus, self);
    try {
        await_announcement(over);
    } catch (...) {
        end();  // a constructor that throws has no destructor to rely on
        throw;
    }
}

server_process::~server_process() {
    end();
}

void server_process::await_announcement(transport over) {
    constexpr std::string_view announcement = "listening on ";
    const std::string line = read_announced_line();
    if (!line.starts_with(announcement))
        throw server_failure("expected 'listening on ADDRESS', got '" + line + "'");
    try {
        address_ = parse_endpoint(over, line.substr(announcement.size()));
    } catch (const std::invalid_argument& error) {
        throw server_failure(std::string("listening: ") + error.what());
    }
}

std::string server_process::read_announced_line() {
    const auto deadline = steady::now() + start_timeout;
    std::string line;
    while (!line.ends_with('\n')) {
        pollfd readable{output_.get(), POLLIN, 0};
        ::poll(&readable, 1, 50);
        char byte = 0;
        if ((readable.revents & POLLIN) != 0 && ::read(output_.get(), &byte, 1) == 1)
            line += byte;
        else if (const auto end = how_it_ended())
            throw server_failure(*end + " before it listened");
        else if (steady::now() >= deadline)
            throw server_failure("did not listen within 10 s");
    }
    line.pop_back();
    return line;
}

std::chrono::nanoseconds server_process::cpu_time() const {
    return cpu_time_of(pid_);
}

std::optional<std::size_t> server_process::memory_bytes() const {
    return memory_of(pid_);
}

std::optional<std::string> server_process::how_it_ended() {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_)
        status_ = status;
    if (!status_)
        return std::nullopt;
    if (WIFSIGNALED(*status_))
        return "killed by signal " + std::to_string(WTERMSIG(*status_));
    return "ended with status " + std::to_string(WEXITSTATUS(*status_));
}

void server_process::stop() {
    if (const auto end = how_it_ended())
        throw server_failure(*end + " while under load");
    ::kill(pid_, SIGTERM);
    if (!ends_within(stop_timeout))
        throw server_failure("still runs 3 s after SIGTERM");
    const bool let_the_signal_end_it = WIFSIGNALED(*status_) && WTERMSIG(*status_) == SIGTERM;
    if (*status_ != 0 && !let_the_signal_end_it)
        throw server_failure(*how_it_ended() + " after SIGTERM");
}

bool server_process::ends_within(std::chrono::milliseconds timeout) {
    const auto deadline = steady::now() + timeout;
    while (!how_it_ended()) {
        if (steady::now() >= deadline)
            return false;
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

void server_process::end() noexcept try {
    if (how_it_ended())
        return;
    ::kill(pid_, SIGTERM);
    if (ends_within(stop_timeout))
        return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
} catch (...) {  // out of memory for a message nobody reads
}
