#include "catch.hpp"
#include "service_manager.hpp"

#include <ringlet/daemon/notify.hpp>

#include <sys/stat.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::daemon_notify {

namespace daemon = ringlet::daemon;

using namespace std::chrono_literals;
using daemon::notification;

TEST_CASE("a notification reaches the manager at a path and at an abstract name", "[daemon]") {
    const auto where = GENERATE(service_manager::place::path, service_manager::place::abstract);
    service_manager manager(where);
    CHECK(daemon::notify(notification().ready().status("serving\nwell").main_pid(42)));
    CHECK(manager.receive().text == "READY=1\nSTATUS=serving well\nMAINPID=42\n");
    CHECK(daemon::notify(notification().stopping()));
    CHECK(manager.receive().text == "STOPPING=1\n");
    CHECK(daemon::notify(notification().watchdog()));
    CHECK(manager.receive().text == "WATCHDOG=1\n");
}

TEST_CASE("a reload comes with the time of the clock that systemd compares it with", "[daemon]") {
    const auto usec = [] {
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
    };
    const std::int64_t before = usec();
    const std::string text = notification().reloading().text();
    const std::string head = "RELOADING=1\nMONOTONIC_USEC=";
    REQUIRE(text.starts_with(head));
    const std::int64_t said = std::stoll(text.substr(head.size()));
    CHECK(said >= before);
    CHECK(said <= usec());
}

TEST_CASE("a descriptor is given to the manager to be kept", "[daemon]") {
    service_manager manager;
    CHECK(daemon::notify(notification().store("web", STDIN_FILENO)));
    const received_notification received = manager.receive();
    CHECK(received.text == "FDSTORE=1\nFDNAME=web\n");
    REQUIRE(received.descriptors.size() == 1);
    struct stat kept {};
    struct stat given {};
    CHECK(::fstat(received.descriptors[0], &kept) == 0);
    CHECK(::fstat(STDIN_FILENO, &given) == 0);
    CHECK(kept.st_ino == given.st_ino);
    ::close(received.descriptors[0]);
    CHECK(notification().remove_stored("web").text() == "FDSTOREREMOVE=1\nFDNAME=web\n");
}

TEST_CASE("without a manager nothing is sent, and that is no error", "[daemon]") {
    const environment_variable none("NOTIFY_SOCKET", nullptr);
    std::error_code error = std::make_error_code(std::errc::io_error);
    CHECK_FALSE(daemon::notify(notification().ready(), error));
    CHECK_FALSE(error);
}

TEST_CASE("a manager that cannot be told is an error that names it", "[daemon]") {
    const auto [name, code] = GENERATE(table<const char*, std::errc>({
        {"/no/such/socket", std::errc::no_such_file_or_directory},
        {"@no such socket", std::errc::connection_refused},
        {"vsock:2:1", std::errc::address_family_not_supported},
        {"", std::errc::address_family_not_supported},
    }));
    CAPTURE(name);
    const environment_variable manager("NOTIFY_SOCKET", name);
    std::error_code error;
    CHECK(daemon::notify(notification().ready(), error));
    CHECK(error == code);
    CHECK_THROWS_WITH(daemon::notify(notification().ready()),
                      StartsWith("notify: NOTIFY_SOCKET is \"" + std::string(name) + "\": "));
}

TEST_CASE("a manager that does not read is waited for no longer than asked", "[daemon]") {
    const service_manager manager;
    std::error_code error;
    while (!error)
        daemon::notify(notification().watchdog(), error, 0ms);
    CHECK(error == std::errc::resource_unavailable_try_again);
    daemon::notify(notification().watchdog(), error, 5ms);
    CHECK(error == std::errc::resource_unavailable_try_again);
}

TEST_CASE("what is no statement is refused", "[daemon]") {
    CHECK_THROWS_AS(notification().state("READY"), std::invalid_argument);
    CHECK_THROWS_AS(notification().state("X=1\nREADY=1"), std::invalid_argument);
    CHECK(notification().state("EXTEND_TIMEOUT_USEC=1").text() == "EXTEND_TIMEOUT_USEC=1\n");
}

TEST_CASE("the watchdog's interval is that of this process", "[daemon]") {
    const std::string own = std::to_string(::getpid());
    const auto interval = [](const char* usec, const char* pid) {
        const environment_variable first("WATCHDOG_USEC", usec);
        const environment_variable second("WATCHDOG_PID", pid);
        return daemon::watchdog_interval();
    };
    CHECK_FALSE(interval(nullptr, nullptr));
    CHECK(interval("3000000", nullptr) == 3s);
    CHECK(interval("3000000", own.c_str()) == 3s);
    CHECK_FALSE(interval("3000000", "1"));
    CHECK_THROWS_AS(interval("soon", nullptr), std::system_error);
    CHECK_THROWS_AS(interval("0", nullptr), std::system_error);
    CHECK_THROWS_AS(interval("1", "me"), std::system_error);
}

}  // namespace tests::daemon_notify
