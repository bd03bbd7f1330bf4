#include "catch.hpp"
#include "child_process.hpp"
#include "forked_child.hpp"
#include "other_user.hpp"
#include "temporary_directory.hpp"

#include <ringlet/daemon/line_log.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tests::daemon_line_log {

namespace daemon = ringlet::daemon;

using daemon::line_log;
using form = daemon::line_log_options::form;

namespace {

void log_to(line_log& log, ringlet::log_level level, std::string_view message,
            const std::vector<ringlet::log_field>& fields = {}, std::uint64_t suppressed = 0) {
    log.write({level, message, fields, suppressed});
}

/// What can be read from a descriptor without waiting.
std::string read_from(int fd) {
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    std::string all;
    std::array<char, 4096> piece{};
    for (ssize_t size = 0; (size = ::read(fd, piece.data(), piece.size())) > 0;)
        all.append(piece.data(), static_cast<std::size_t>(size));
    return all;
}

std::pair<pipe_end, pipe_end> make_sockets() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) < 0)
        throw std::system_error(errno, std::system_category(), "socketpair");
    return {pipe_end(ends[0]), pipe_end(ends[1])};
}

/// Writes lines until one is lost.
void fill(line_log& log) {
    while (log.lost() == 0)
        log_to(log, ringlet::log_level::info, std::string(1000, 'x'));
}

}  // namespace

TEST_CASE("a line log writes lines as the default log does", "[daemon]") {
    auto [reading, writing] = GENERATE(false, true) ? make_sockets() : pipe_end::make_pair();
    line_log log({}, writing.native_handle());
    log_to(log, ringlet::log_level::debug, "left out");
    log_to(log, ringlet::log_level::warning, "accepting pauses", {{"client", "a b"}}, 2);
    CHECK(read_from(reading.native_handle()) ==
          "ringlet: accepting pauses level=warning client=\"a b\" suppressed=2\n");
}

TEST_CASE("a line log writes objects of JSON", "[daemon]") {
    auto [reading, writing] = pipe_end::make_pair();
    line_log log({.least = ringlet::log_level::debug, .lines = form::json},
                 writing.native_handle());
    log_to(log, ringlet::log_level::debug, "said", {{"text", "\"a\\b\"\n\t\x1b\xff"}, {"n", 3}}, 2);
    CHECK(read_from(reading.native_handle()) ==
          R"({"level":"debug","message":"said","suppressed":"2",)"
          R"("text":"\"a\\b\"\n\u0009\u001b\u00ff","n":"3"})"
          "\n");
}

TEST_CASE("a line has its time where that is asked for", "[daemon]") {
    const auto [wanted, before] = GENERATE(table<form, const char*>({
        {form::logfmt, "ringlet: x level=info time=1970-01-01T00:00:00.000000Z\n"},
        {form::json, "{\"level\":\"info\",\"message\":\"x\","
                     "\"time\":\"1970-01-01T00:00:00.000000Z\"}\n"},
    }));
    auto [reading, writing] = pipe_end::make_pair();
    line_log log({.time = true, .lines = wanted}, writing.native_handle());
    log.write({.level = ringlet::log_level::info, .message = "x", .time = {}});
    CHECK(read_from(reading.native_handle()) == before);
}

TEST_CASE("an object of JSON that would be too long is cut, and whole", "[daemon]") {
    auto [reading, writing] = pipe_end::make_pair();
    line_log log({.lines = form::json}, writing.native_handle());
    const std::string much(ringlet::log_line::size_max, '\x01');
    log_to(log, ringlet::log_level::info, "m", {{"much", much}, {"little", "1"}});
    CHECK(read_from(reading.native_handle()) ==
          "{\"level\":\"info\",\"message\":\"m\",\"little\":\"1\",\"cut\":\"true\"}\n");
    log_to(log, ringlet::log_level::info, much);
    CHECK(read_from(reading.native_handle()) == "{\"level\":\"info\",\"cut\":\"true\"}\n");
    for (std::size_t size = 3900; size < 4100; ++size) {
        log_to(log, ringlet::log_level::info, "m", {{"text", std::string(size, 'x')}});
        const std::string line = read_from(reading.native_handle());
        CHECK(line.size() <= ringlet::log_line::size_max);
        CHECK(line.ends_with("}\n"));
    }
    CHECK(log.lost() == 0);
}

TEST_CASE("a reader that does not read costs lines, not time, and is told", "[daemon]") {
    auto [reading, writing] = GENERATE(false, true) ? make_sockets() : pipe_end::make_pair();
    line_log log({}, writing.native_handle());
    fill(log);
    CHECK((::fcntl(writing.native_handle(), F_GETFL) & O_NONBLOCK) == 0);
    log_to(log, ringlet::log_level::info, "lost, too");
    const std::uint64_t lost = log.lost();
    CHECK(lost >= 2);
    read_from(reading.native_handle());
    log_to(log, ringlet::log_level::info, "again");
    CHECK(read_from(reading.native_handle()) ==
          "ringlet: lines of the log were lost level=warning count=" + std::to_string(lost) +
              "\nringlet: again level=info\n");
    CHECK(log.lost() == lost);
}

TEST_CASE("a line log whose reader has gone does no harm", "[daemon]") {
    auto [reading, writing] = GENERATE(false, true) ? make_sockets() : pipe_end::make_pair();
    line_log log({}, writing.native_handle());
    reading.close();
    log_to(log, ringlet::log_level::info, "nobody hears");
    CHECK(log.lost() == 1);
}

TEST_CASE("a line log writes to a file, too", "[daemon]") {
    temporary_directory directory;
    const auto path = directory.write("log", "before\n");
    const pipe_end file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    line_log log({}, file.native_handle());
    log_to(log, ringlet::log_level::error, "written");
    CHECK(directory.read("log") == "before\nringlet: written level=error\n");
}

TEST_CASE("a line log works in a forked child", "[daemon]") {
    const child_end end = run_in_child([] {
        line_log log;
        const child_end inner = run_in_child([&] {
            log_to(log, ringlet::log_level::info, "from the child");
            return 0;
        });
        return inner.exited_with(0) ? 0 : 1;
    });
    CHECK(end.exited_with(0));
    CHECK(end.text == "ringlet: from the child level=info\n");
}

TEST_CASE("a line log that may not open its pipe again does not wait either", "[daemon]") {
    if (::geteuid() != 0)
        SKIP("needs root, to become another user");
    const child_end end = run_in_child([] {
        auto [reading, writing] = pipe_end::make_pair();
        if (!become_nobody())
            throw std::runtime_error("become nobody");
        line_log log({}, writing.native_handle());
        fill(log);
        read_from(reading.native_handle());
        log_to(log, ringlet::log_level::info, "again");
        return read_from(reading.native_handle()).ends_with("ringlet: again level=info\n") ? 0 : 1;
    });
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
}

TEST_CASE("a line log needs a descriptor that is open", "[daemon]") {
    CHECK_THROWS_AS(line_log({}, -1), std::system_error);
}

}  // namespace tests::daemon_line_log
