#pragma once

#include "time_limit.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

/// The end of a child process: its status, and the text that it wrote to stderr.
struct child_end {
    static constexpr int threw = 100;

    int status;  // of waitpid(2)
    std::string text;

    [[nodiscard]] bool exited_with(int code) const noexcept {
        return WIFEXITED(status) && WEXITSTATUS(status) == code;
    }
    [[nodiscard]] bool killed_by(int signal) const noexcept {
        return WIFSIGNALED(status) && WTERMSIG(status) == signal;
    }
    [[nodiscard]] bool says(const char* words) const { return text.find(words) != text.npos; }
};

/// A child that runs a function within the time limit, for functions that end a program or cripple
/// it for good (a seccomp filter). The destructor kills a child that still runs, and reaps it.
class forked_child {
public:
    /// The child calls `body()`. The int that it returns is the exit status; an exception is
    /// written to stderr, and the status is `threw`.
    template <class Body>
    explicit forked_child(Body body) {
        std::array<int, 2> errors{};
        if (::pipe(errors.data()) < 0)
            throw std::system_error(errno, std::system_category(), "pipe");
        std::fflush(stdout);  // or the child could write it once more
        pid_ = ::fork();
        if (pid_ == 0)
            become(body, errors[1]);
        ::close(errors[1]);
        errors_ = errors[0];
        if (pid_ < 0) {
            ::close(errors_);
            throw std::system_error(errno, std::system_category(), "fork");
        }
    }
    forked_child(const forked_child&) = delete;
    forked_child& operator=(const forked_child&) = delete;
    ~forked_child() {
        ::close(errors_);
        if (pid_ < 0)
            return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    /// Waits for the child's end.
    child_end wait() {
        child_end end{};
        std::array<char, 512> piece{};
        for (ssize_t count = 0; (count = ::read(errors_, piece.data(), piece.size())) > 0;)
            end.text.append(piece.data(), static_cast<std::size_t>(count));
        if (::waitpid(std::exchange(pid_, -1), &end.status, 0) < 0)
            throw std::system_error(errno, std::system_category(), "waitpid");
        return end;
    }

private:
    template <class Body>
    [[noreturn]] static void become(Body& body, int errors) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::alarm(static_cast<unsigned>(time_limit.count()));
        for (const int fatal : {SIGABRT, SIGSEGV})  // Catch2 would report them, once more
            std::signal(fatal, SIG_DFL);
        const rlimit no_core{0, 0};
        ::setrlimit(RLIMIT_CORE, &no_core);
        ::dup2(errors, STDERR_FILENO);
        try {
            ::_exit(body());
        } catch (const std::exception& error) {
            std::fputs(error.what(), stderr);
        }
        ::_exit(child_end::threw);
    }

    int errors_ = -1;
    pid_t pid_ = -1;
};

/// Runs `body()` in a forked_child to its end.
template <class Body>
child_end run_in_child(Body body) {
    return forked_child(std::move(body)).wait();
}
