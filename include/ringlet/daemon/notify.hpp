#pragma once

#include <ringlet/base/error_sink.hpp>

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringlet::daemon {

/// What a program tells its service manager, systemd or another that sets NOTIFY_SOCKET: one or
/// several statements, which are sent together. sd_notify(3).
class notification {
public:
    /// The program serves; or it does so again, after `reloading`.
    notification& ready() { return state("READY=1"); }

    /// The program stops.
    notification& stopping() { return state("STOPPING=1"); }

    /// The program takes in its configuration anew, until it is `ready`. The time that systemd
    /// needs for Type=notify-reload goes with it.
    notification& reloading();

    /// Words for people, as `systemctl status` shows them. A line end becomes a space.
    notification& status(std::string_view text);

    /// The process `pid` is the main one of the service from now on.
    notification& main_pid(pid_t pid);

    /// The program is alive. `watchdog_interval` tells how often systemd wants to hear that.
    notification& watchdog() { return state("WATCHDOG=1"); }

    /// Has systemd keep a copy of a descriptor, and give it to the next start under this name:
    /// see inherited_sockets, and FileDescriptorStoreMax in systemd.service(5). Lifetime: the
    /// descriptor is open until the notification has been sent. One name for each notification.
    notification& store(std::string_view name, int fd);

    /// Has systemd close the descriptors that it keeps under this name.
    notification& remove_stored(std::string_view name);

    /// Any other statement, such as `EXTEND_TIMEOUT_USEC=5000000`. Throws std::invalid_argument
    /// where it has no `=` or has a line end.
    notification& state(std::string_view assignment);

    /// The statements, a line each.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    /// The descriptors that go with them.
    [[nodiscard]] const std::vector<int>& descriptors() const noexcept { return descriptors_; }

private:
    std::string text_;
    std::vector<int> descriptors_;
};

/// Sends a notification to the socket that the environment variable NOTIFY_SOCKET names, a path or
/// an abstract name that begins with `@`. Returns whether there is one. Waits for at most
/// `patience` while the socket is full. Throws std::system_error, or stores the error in `error`.
///
///     notify(notification().ready().status("serving"));
///
/// It needs no library of systemd's. Any thread may call it, as long as none changes the
/// environment.
bool notify(const notification& said, error_sink error = throws,
            std::chrono::milliseconds patience = std::chrono::milliseconds(1000));

/// The time within which systemd wants to hear `watchdog` each time, or else ends the program:
/// WATCHDOG_USEC, unless WATCHDOG_PID says that it is meant for another process. Nothing where
/// there is no watchdog. A program that says it is alive each half of the time is safe. Throws
/// std::system_error where the variables are no numbers. sd_watchdog_enabled(3).
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace ringlet::daemon
