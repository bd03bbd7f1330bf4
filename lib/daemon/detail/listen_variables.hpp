#pragma once

namespace ringlet::daemon::detail {

// How a process is told of the sockets that it inherits: sd_listen_fds(3).

inline constexpr const char* listen_pid = "LISTEN_PID";
inline constexpr const char* listen_fds = "LISTEN_FDS";
inline constexpr const char* listen_names = "LISTEN_FDNAMES";
inline constexpr int first_inherited = 3;  // SD_LISTEN_FDS_START

}  // namespace ringlet::daemon::detail
