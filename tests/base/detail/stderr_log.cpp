#include "base/detail/stderr_log.hpp"
#include "captured_stderr.hpp"
#include "catch.hpp"
#include "forked_child.hpp"

#include <ringlet/base/log.hpp>

#include <fcntl.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace tests::base_stderr_log {

using ringlet::log_level;

namespace {

/// A pipe whose writing end is stderr while one of these lives.
class stderr_pipe {
public:
    explicit stderr_pipe(int flags = 0) : stderr_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC | flags) == 0);
        reading_ = ends[0];
        ::dup2(ends[1], STDERR_FILENO);
        ::close(ends[1]);
    }
    stderr_pipe(const stderr_pipe&) = delete;
    stderr_pipe& operator=(const stderr_pipe&) = delete;
    ~stderr_pipe() {
        close_writing();
        close_reading();
    }

    void close_writing() {
        if (stderr_ >= 0)
            ::dup2(stderr_, STDERR_FILENO);
        ::close(std::exchange(stderr_, -1));
    }
    void close_reading() { ::close(std::exchange(reading_, -1)); }

    /// One read(2).
    [[nodiscard]] std::string read() const {
        std::string piece(std::size_t{64} << 10U, '\0');
        const ssize_t count = ::read(reading_, piece.data(), piece.size());
        piece.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
        return piece;
    }
    [[nodiscard]] std::string read_all() const {
        std::string all;
        for (std::string piece; !(piece = read()).empty();)
            all += piece;
        return all;
    }
    void fill() const {
        const std::string junk(4096, '-');
        while (::write(STDERR_FILENO, junk.data(), junk.size()) > 0) {
        }
    }

private:
    int stderr_;
    int reading_ = -1;
};

/// Says `count` times which of the writers it is, in lines of different lengths.
void chatter(ringlet::detail::stderr_log& log, int writer, int count) {
    const std::string name = std::to_string(writer);
    for (int i = 0; i < count; ++i) {
        const std::string filling(static_cast<std::size_t>(i * 37 % 3000), 'x');
        const std::array<ringlet::log_field, 2> fields{{{"filling", filling}, {"writer", name}}};
        log.write({log_level::info, "said", fields});
    }
}

/// How often each writer has said something; -1 counts what is no line of theirs.
std::map<int, int> heard(const std::string& text) {
    std::map<int, int> counts;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = text.find('\n', start);
        const std::string line = text.substr(start, end - start);
        const auto filling = line.find_first_not_of('x', line.find("filling=") + 8);
        const bool whole = end != text.npos &&
                           line.starts_with("ringlet: said level=info filling=") &&
                           filling != line.npos && line.compare(filling, 8, " writer=") == 0;
        const bool empty = line.starts_with("ringlet: said level=info filling=\"\" writer=");
        ++counts[whole || empty ? line.back() - '0' : -1];
        start = end == text.npos ? text.size() : end + 1;
    }
    return counts;
}

constexpr int lines_each = 500;

}  // namespace

TEST_CASE("the lines of threads do not mix on a pipe", "[base]") {
    stderr_pipe errors;
    ringlet::detail::stderr_log log;
    std::string text;
    std::jthread reading([&] { text = errors.read_all(); });
    {
        std::vector<std::jthread> together;
        for (int writer = 0; writer < 4; ++writer)
            together.emplace_back([&log, writer] { chatter(log, writer, lines_each); });
    }
    errors.close_writing();
    reading.join();
    CHECK(heard(text) ==
          std::map<int, int>{{0, lines_each}, {1, lines_each}, {2, lines_each}, {3, lines_each}});
}

TEST_CASE("the lines of a program and its children do not mix in a file", "[base]") {
    const captured_stderr errors;
    ringlet::detail::stderr_log log;
    std::vector<pid_t> children;
    for (int writer = 1; writer < 4; ++writer) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            chatter(log, writer, lines_each);
            ::_exit(0);
        }
        children.push_back(child);
    }
    chatter(log, 0, lines_each);
    for (const pid_t child : children)
        CHECK(::waitpid(child, nullptr, 0) == child);
    CHECK(heard(errors.text()) ==
          std::map<int, int>{{0, lines_each}, {1, lines_each}, {2, lines_each}, {3, lines_each}});
}

TEST_CASE("what is for debugging is left out", "[base]") {
    const captured_stderr errors;
    ringlet::detail::stderr_log log;
    log.write({log_level::debug, "unheard"});
    log.write({log_level::info, "heard"});
    CHECK(errors.text() == "ringlet: heard level=info\n");
}

TEST_CASE("a stderr that is full and does not block costs lines, but not their number", "[base]") {
    stderr_pipe errors(O_NONBLOCK);
    ringlet::detail::stderr_log log;
    errors.fill();
    for (int i = 0; i < 3; ++i)
        log.write({log_level::info, "unheard"});
    static_cast<void>(errors.read_all());
    log.write({log_level::info, "heard"});
    CHECK(errors.read_all() ==
          "ringlet: lines for stderr were lost level=warning count=3\nringlet: heard level=info\n");
}

TEST_CASE("a stderr whose reader has gone does not end the program", "[base]") {
    const child_end end = run_in_child([] {
        std::signal(SIGPIPE, SIG_DFL);
        stderr_pipe errors;
        ringlet::detail::stderr_log log;
        errors.close_reading();
        for (int i = 0; i < 3; ++i)
            log.write({log_level::info, "unheard"});
        errors.close_writing();
        log.write({log_level::info, "heard"});
        sigset_t pending;
        sigpending(&pending);
        return sigismember(&pending, SIGPIPE);
    });
    CHECK(end.exited_with(0));
    CHECK(end.text ==
          "ringlet: lines for stderr were lost level=warning count=3\nringlet: heard level=info\n");
}

TEST_CASE("a SIGPIPE that was pending already stays pending", "[base]") {
    const child_end end = run_in_child([] {
        sigset_t sigpipe;
        sigemptyset(&sigpipe);
        sigaddset(&sigpipe, SIGPIPE);
        ::sigprocmask(SIG_BLOCK, &sigpipe, nullptr);
        ::raise(SIGPIPE);
        stderr_pipe errors;
        ringlet::detail::stderr_log log;
        errors.close_reading();
        log.write({log_level::info, "unheard"});
        sigset_t pending;
        sigpending(&pending);
        return sigismember(&pending, SIGPIPE) == 1 ? 0 : 1;
    });
    CHECK(end.exited_with(0));
}

TEST_CASE("without stderr the program goes on", "[base]") {
    const child_end end = run_in_child([] {
        ::close(STDERR_FILENO);
        ringlet::log(log_level::error, "unheard");
        return 0;
    });
    CHECK(end.exited_with(0));
}

}  // namespace tests::base_stderr_log
