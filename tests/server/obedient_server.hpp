#pragma once

// Forking servers whose handlers do what their clients say; server and clients in one loop, so that
// there is no other thread when a process forks.

#include "leftovers.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

/// Ends this process by a signal, without a core dump or a report of Catch2's.
[[noreturn]] inline void die_of(int signal) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    ::_exit(1);
}

inline std::ptrdiff_t open_sockets() {
    const std::set<int> open = descriptors();
    return std::count_if(open.begin(), open.end(), [](int fd) {
        struct stat kind {};
        return ::fstat(fd, &kind) == 0 && S_ISSOCK(kind.st_mode);
    });
}

/// A handler that obeys a command in each line, and answers it; any other line is sent back.
inline ringlet::task<> obey(ringlet::stream& client, ringlet::server& owner) {
    ringlet::reader in(client);
    while (const auto line = co_await in.read_line()) {
        std::string answer(*line);
        const auto split = std::min(answer.find(' '), answer.size());
        const std::string command = answer.substr(0, split);
        const std::string argument = answer.substr(std::min(split + 1, answer.size()));
        if (command == "die")
            die_of(std::stoi(argument));
        if (command == "exit")
            ::_exit(std::stoi(argument));
        if (command == "throw")
            throw std::runtime_error(argument);
        while (command == "hang")  // which no cancellation ends
            ::pause();
        if (command == "wait")
            co_await ringlet::sleep_for(std::chrono::hours(1));
        if (command == "leave")
            break;
        if (command == "shutdown")
            owner.shutdown(std::chrono::hours(1));
        if (command == "print")
            std::cout << argument;
        if (command == "pid")
            answer = std::to_string(::getpid());
        if (command == "sockets")
            answer = std::to_string(open_sockets());
        answer += '\n';
        co_await client.send_all(answer);
    }
}

/// A client of such a server.
class commander {
public:
    explicit commander(ringlet::stream connected)
        : stream_(std::move(connected)), answers_(stream_) {}
    commander(commander&& other) noexcept : commander(std::move(other.stream_)) {}
    commander& operator=(commander&&) = delete;
    ~commander() = default;

    ringlet::task<> say(std::string command) {
        command += '\n';
        co_await stream_.send_all(command);
    }

    /// The next line; empty where the stream ends, whichever way.
    ringlet::task<std::string> hear() {
        std::error_code gone;
        const auto line = co_await answers_.read_line(gone);
        co_return std::string(line.value_or(std::string_view()));
    }

    ringlet::task<std::string> ask(std::string command) {
        co_await say(std::move(command));
        co_return co_await hear();
    }

    ringlet::task<pid_t> ask_pid() {
        const std::string answer = co_await ask("pid");
        co_return std::stoi(answer);
    }

    /// Whether nothing has come, not even the end of the stream.
    [[nodiscard]] bool silent() {
        char byte = 0;
        return ::recv(stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0;
    }

    ringlet::task<> close() { co_await stream_.close(); }

private:
    ringlet::stream stream_;
    ringlet::reader<ringlet::stream> answers_;
};

inline ringlet::task<commander> connect_to(const ringlet::server& server) {
    co_return commander(co_await ringlet::connect(server.server_address()));
}

/// Whether no such process is left, or a zombie at most.
inline bool has_ended(pid_t process) {
    std::ifstream status("/proc/" + std::to_string(process) + "/stat");
    std::string number;
    std::string name;
    std::string state;
    return !(status >> number >> name >> state) || state == "Z";
}

/// Waits, in turns of the loop, until a condition holds.
template <class Condition>
ringlet::task<> until(Condition holds) {
    while (!holds())
        co_await ringlet::yield();
}

/// Serves while the coroutine runs that `body(serving)` makes, then stops at once. Nothing may be
/// left.
template <class Server = ringlet::forking_tcp_server, class Body>
void with_obedient_server(const ringlet::server_options& options, Body body) {
    const leftovers nothing;
    run_coroutine([&]() -> ringlet::task<> {
        Server serving(ringlet::address("127.0.0.1", 0), obey, options);
        ringlet::detail::joinable_task_group group;
        group.spawn(serving.serve());
        std::exception_ptr failure;
        try {
            co_await body(serving);
        } catch (...) {
            failure = std::current_exception();
        }
        serving.shutdown({});
        co_await group.join();
        CHECK_FALSE(has_children());
        CHECK(serving.counters().active == 0);
        if (failure)
            std::rethrow_exception(failure);
    });
    nothing.check();
}
