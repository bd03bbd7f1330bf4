#pragma once

#include "child_process.hpp"
#include "connected_pair.hpp"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

/// A terminal, with its master, at which a test types and sees what programs write. pty(7).
class pseudo_terminal {
public:
    pseudo_terminal()
        : master_(check_socket_call(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "openpt")) {
        std::array<char, 64> path{};
        check_socket_call(::grantpt(master()), "grantpt");
        check_socket_call(::unlockpt(master()), "unlockpt");
        check_socket_call(-::ptsname_r(master(), path.data(), path.size()), "ptsname");
        path_ = path.data();
    }

    [[nodiscard]] int master() const noexcept { return master_.native_handle(); }

    /// A new descriptor of the terminal, as a program has it.
    [[nodiscard]] int open(int flags = O_RDWR) const {
        return check_socket_call(::open(path_.c_str(), flags | O_NOCTTY | O_CLOEXEC), "open");
    }

    /// Lets bytes through as they are: no lines, no echo, no newlines that become two bytes.
    void make_raw() const {
        const pipe_end any(open());
        termios settings{};
        check_socket_call(::tcgetattr(any.native_handle(), &settings), "tcgetattr");
        ::cfmakeraw(&settings);
        check_socket_call(::tcsetattr(any.native_handle(), TCSANOW, &settings), "tcsetattr");
    }

private:
    pipe_end master_;
    std::string path_;
};
