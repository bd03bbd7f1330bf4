#pragma once

#include "time_limit.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

/// One end of a pipe.
class pipe_end {
public:
    explicit pipe_end(int fd) noexcept : fd_(fd) {}
    pipe_end(pipe_end&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    pipe_end& operator=(pipe_end&&) = delete;
    ~pipe_end() { close(); }

    [[nodiscard]] int native_handle() const noexcept { return fd_; }
    void close() noexcept {
        if (fd_ >= 0)
            ::close(std::exchange(fd_, -1));
    }

    /// The end to read from and the end to write to.
    [[nodiscard]] static std::pair<pipe_end, pipe_end> make_pair() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) < 0)
            throw std::system_error(errno, std::system_category(), "pipe2");
        return {pipe_end(ends[0]), pipe_end(ends[1])};
    }

private:
    int fd_;
};

/// The output of a child, read as far as a test asks.
class child_output {
public:
    explicit child_output(pipe_end from) noexcept : pipe_(std::move(from)) {}

    /// Reads up to the end of `mark` and returns the text. Throws std::runtime_error that quotes
    /// the output where the output ends without `mark`, or `mark` does not come within the time
    /// limit.
    std::string read_until(std::string_view mark) {
        const auto deadline = std::chrono::steady_clock::now() + time_limit;
        std::size_t found = 0;
        while ((found = read_.find(mark)) == std::string::npos)
            if (!read_more(deadline))
                throw std::runtime_error("the child's output ended before \"" + std::string(mark) +
                                         "\", after: " + read_);
        std::string taken = read_.substr(0, found + mark.size());
        read_.erase(0, taken.size());
        return taken;
    }

    std::string read_rest() {
        const auto deadline = std::chrono::steady_clock::now() + time_limit;
        while (read_more(deadline)) {
        }
        return std::exchange(read_, {});
    }

private:
    bool read_more(std::chrono::steady_clock::time_point deadline) {
        using std::chrono::milliseconds;
        const auto left =
            std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd readable{pipe_.native_handle(), POLLIN, 0};
        const auto timeout = static_cast<int>(std::max<milliseconds::rep>(left.count(), 0));
        if (::poll(&readable, 1, timeout) == 0)
            throw std::runtime_error("the child was silent for too long, after: " + read_);
        std::array<char, 4096> piece{};
        const auto count = ::read(pipe_.native_handle(), piece.data(), piece.size());
        read_.append(piece.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
        return count > 0;
    }

    pipe_end pipe_;
    std::string read_;
};

/// A program that runs as a child, with a pipe at its stdin, stdout and stderr. The destructor
/// kills a child that still runs, and reaps it.
class child_process {
public:
    /// Runs `command`, looked up in PATH. `prepare` is called in the child first (after fork: only
    /// what is async-signal-safe), and says whether to go on. See `cannot_run`.
    explicit child_process(
        const std::vector<std::string>& command, bool (*prepare)() = [] { return true; })
        : child_process(command, prepare, pipe_end::make_pair(), pipe_end::make_pair(),
                        pipe_end::make_pair()) {}

    child_process(const child_process&) = delete;
    child_process& operator=(const child_process&) = delete;
    ~child_process() {
        if (pid_ < 0)
            return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    /// The status of a child that could not run its program.
    static constexpr int cannot_run = 127;

    [[nodiscard]] child_output& out() noexcept { return out_; }
    [[nodiscard]] child_output& err() noexcept { return err_; }

    /// The next line on stdout, without its newline.
    std::string read_line() {
        std::string line = out_.read_until("\n");
        line.pop_back();
        return line;
    }

    void write(std::string_view text) {
        while (!text.empty()) {
            const auto count = ::write(in_.native_handle(), text.data(), text.size());
            if (count < 0)
                throw std::system_error(errno, std::system_category(), "write to the child");
            text.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    void close_input() noexcept { in_.close(); }

    /// The number of the child, which has it until `wait` has returned.
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    void signal(int number) const { ::kill(pid_, number); }

    /// Sends a signal to all processes of the child's group, as a terminal does. The child must
    /// lead a group (setpgid(2)).
    void signal_group(int number) const { ::kill(-pid_, number); }

    /// Waits for the child's end. Returns its exit status, or 128 plus the signal that killed it.
    /// Throws std::runtime_error where the child goes on beyond the time limit.
    int wait() {
        const pipe_end exited(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
        pollfd ended{exited.native_handle(), POLLIN, 0};
        if (::poll(&ended, 1, static_cast<int>(std::chrono::milliseconds(time_limit).count())) != 1)
            throw std::runtime_error("the child does not end");
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    using pipe_ends = std::pair<pipe_end, pipe_end>;

    child_process(const std::vector<std::string>& command, bool (*prepare)(), pipe_ends in,
                  pipe_ends out, pipe_ends err)
        : in_(std::move(in.second)), out_(std::move(out.first)), err_(std::move(err.first)) {
        std::vector<char*> arguments;
        for (const std::string& argument : command)
            arguments.push_back(const_cast<char*>(argument.c_str()));
        arguments.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ < 0)
            throw std::system_error(errno, std::system_category(), "fork");
        if (pid_ > 0)
            return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(in.first.native_handle(), STDIN_FILENO);
        ::dup2(out.second.native_handle(), STDOUT_FILENO);
        ::dup2(err.second.native_handle(), STDERR_FILENO);
        if (prepare())
            ::execvp(arguments[0], arguments.data());
        ::_exit(cannot_run);
    }

    pipe_end in_;
    child_output out_;
    child_output err_;
    pid_t pid_ = -1;
};
