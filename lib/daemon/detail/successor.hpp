#pragma once

#include "own_program.hpp"

#include <ringlet/base/detail/owned_descriptor.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/server/child_process.hpp>

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace ringlet::daemon::detail {

/// A listening socket for a successor.
struct legacy {
    std::string name;
    int fd;
    bool owned;  ///< whether the successor owns it in the end: see predecessor
};

/// A program that this process has started to be replaced by it. It inherits sockets as systemd
/// hands them over (sd_listen_fds(3)), and says through a socket when it serves: see predecessor.
///
/// One thread: the loop's. The destructor kills a program that has not been released.
class successor {
public:
    /// Starts the program. Throws std::system_error; then none is left.
    successor(const own_program& program, const std::vector<legacy>& sockets);

    /// Waits until the program serves, and yields an empty text; or why it does not. A cancelled
    /// wait throws.
    [[nodiscard]] task<std::string> obstacle(std::chrono::milliseconds timeout);

    /// Tells the program that it has the sockets now. Returns whether the program is there.
    [[nodiscard]] bool give_up_sockets() noexcept;

    /// Lets the program go on by itself.
    void release() noexcept { child_.release(); }

    /// Has the program end: by SIGTERM, and by SIGKILL after `timeout`.
    [[nodiscard]] task<> end(std::chrono::milliseconds timeout);

    [[nodiscard]] pid_t pid() const noexcept { return child_.pid(); }

private:
    struct link_ends;

    successor(const own_program& program, const std::vector<legacy>& sockets, link_ends ends);

    [[nodiscard]] task<std::string> end_of_child();

    ringlet::detail::owned_descriptor link_;
    child_process child_;
};

}  // namespace ringlet::daemon::detail
