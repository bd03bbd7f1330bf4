#include "catch.hpp"
#include "forked_child.hpp"
#include "temporary_directory.hpp"

#include <ringlet/daemon/journal_log.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace tests::daemon_journal_log {

namespace daemon = ringlet::daemon;

using namespace std::string_literals;
using daemon::journal_log;

namespace {

/// The socket of a journal, at a path.
class journal {
public:
    explicit journal(const std::string& path)
        : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_un native{.sun_family = AF_UNIX, .sun_path = {}};
        std::memcpy(native.sun_path, path.data(), path.size());
        std::filesystem::remove(path);
        if (::bind(fd_, reinterpret_cast<const sockaddr*>(&native), sizeof(native)) < 0)
            throw std::system_error(errno, std::system_category(), "bind");
    }
    journal(const journal&) = delete;
    journal& operator=(const journal&) = delete;
    ~journal() { ::close(fd_); }

    /// The next record, or no text where there is none.
    std::string receive() {
        std::string text(std::size_t{1} << 20U, '\0');
        const ssize_t size = ::recv(fd_, text.data(), text.size(), 0);
        text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
        return text;
    }

private:
    int fd_;
};

class logged_to_journal {
public:
    explicit logged_to_journal(ringlet::log_level least = ringlet::log_level::info)
        : path_((directory_.path() / "socket").string()), there_(std::in_place, path_),
          log_({.least = least, .identifier = "web", .socket = path_}) {}

    void write(ringlet::log_level level, std::string_view message,
               const std::vector<ringlet::log_field>& fields = {}, std::uint64_t suppressed = 0) {
        log_.write({level, message, fields, suppressed});
    }
    [[nodiscard]] std::string receive() { return there_->receive(); }
    [[nodiscard]] const journal_log& log() const noexcept { return log_; }

    void restart_journal() {
        there_.reset();
        there_.emplace(path_);
    }
    void end_journal() { there_.reset(); }

private:
    temporary_directory directory_;
    std::string path_;
    std::optional<journal> there_;
    journal_log log_;
};

}  // namespace

TEST_CASE("the journal gets a record with its level and its fields", "[daemon]") {
    logged_to_journal logged(ringlet::log_level::debug);
    const auto [level, priority] = GENERATE(table<ringlet::log_level, const char*>({
        {ringlet::log_level::debug, "7"},
        {ringlet::log_level::info, "6"},
        {ringlet::log_level::warning, "4"},
        {ringlet::log_level::error, "3"},
    }));
    logged.write(level, "accepting pauses", {{"client", "127.0.0.1:1"}, {"next_try_ms", 5}}, 2);
    CHECK(logged.receive() == "MESSAGE=accepting pauses\nPRIORITY=" + std::string(priority) +
                                  "\nSYSLOG_IDENTIFIER=web\nSUPPRESSED=2\nCLIENT=127.0.0.1:1\n"
                                  "NEXT_TRY_MS=5\n");
}

TEST_CASE("what matters less than was asked for is not sent", "[daemon]") {
    logged_to_journal logged(ringlet::log_level::warning);
    logged.write(ringlet::log_level::info, "left out");
    CHECK(logged.receive().empty());
    CHECK(logged.log().lost() == 0);
}

TEST_CASE("a value with line ends forges no field", "[daemon]") {
    logged_to_journal logged;
    logged.write(ringlet::log_level::info, "m", {{"said", "a\nPRIORITY=0"}});
    CHECK(logged.receive() == "MESSAGE=m\nPRIORITY=6\nSYSLOG_IDENTIFIER=web\n"
                              "SAID\n\x0c\0\0\0\0\0\0\0a\nPRIORITY=0\n"s);
}

TEST_CASE("the name of a field becomes one that the journal takes", "[daemon]") {
    logged_to_journal logged;
    const std::string head = "MESSAGE=m\nPRIORITY=6\nSYSLOG_IDENTIFIER=web\n";
    const auto [name, taken] = GENERATE(table<std::string, std::string>({
        {"a-b.c", "A_B_C"},
        {"_9x1", "X1"},
        {"=\n", "FIELD"},
        {"", "FIELD"},
        {std::string(100, 'n'), std::string(64, 'N')},
    }));
    logged.write(ringlet::log_level::info, "m", {{name, "1"}});
    CHECK(logged.receive() == head + taken + "=1\n");
}

TEST_CASE("a value that is too long is cut", "[daemon]") {
    logged_to_journal logged;
    logged.write(ringlet::log_level::info, "m", {{"text", std::string(20'000, 'x')}});
    CHECK(logged.receive().ends_with("TEXT=" + std::string(16'384, 'x') + "\n"));
}

TEST_CASE("a journal that does not read costs records, not time, and is told", "[daemon]") {
    logged_to_journal logged;
    while (logged.log().lost() < 2)
        logged.write(ringlet::log_level::info, "much");
    while (!logged.receive().empty()) {
    }
    logged.write(ringlet::log_level::info, "again");
    CHECK(logged.receive() == "MESSAGE=again\nPRIORITY=6\nSYSLOG_IDENTIFIER=web\nLOST=2\n");
    logged.write(ringlet::log_level::info, "and again");
    CHECK(logged.receive() == "MESSAGE=and again\nPRIORITY=6\nSYSLOG_IDENTIFIER=web\n");
}

TEST_CASE("a journal that is started anew gets what comes then", "[daemon]") {
    logged_to_journal logged;
    logged.restart_journal();
    logged.write(ringlet::log_level::info, "m");
    CHECK(logged.receive() == "MESSAGE=m\nPRIORITY=6\nSYSLOG_IDENTIFIER=web\n");
    logged.end_journal();
    logged.write(ringlet::log_level::info, "nobody hears");
    CHECK(logged.log().lost() == 1);
}

TEST_CASE("a journal log works in a forked child", "[daemon]") {
    logged_to_journal logged;
    CHECK(run_in_child([&] {
              logged.write(ringlet::log_level::info, "from the child");
              return 0;
          }).exited_with(0));
    CHECK(logged.receive().starts_with("MESSAGE=from the child\n"));
}

TEST_CASE("without a journal there is no journal log", "[daemon]") {
    CHECK_THROWS_WITH(journal_log({.socket = "/no/such/journal"}),
                      StartsWith("journal_log: no journal is at /no/such/journal: "));
    CHECK_THROWS_AS(journal_log({.socket = std::string(200, 'x')}), std::invalid_argument);
}

}  // namespace tests::daemon_journal_log
