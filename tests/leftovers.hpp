#pragma once

#include "catch.hpp"
#include "descriptors.hpp"
#include "eventually.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <filesystem>
#include <iterator>

/// Whether this process has any child, be it a zombie. All stay as they are.
inline bool has_children() {
    siginfo_t any{};
    return ::waitid(P_ALL, 0, &any, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

inline std::ptrdiff_t running_threads() {
    const std::filesystem::directory_iterator all("/proc/self/task");
    return std::distance(begin(all), end(all));
}

/// Remembers what this process has, and checks that later it has no more.
class leftovers {
public:
    void check() const {
        CHECK(open_descriptors() == descriptors_);
        CHECK_FALSE(has_children());
        // The kernel lists a thread for a while after it has been joined.
        CHECK(eventually([this] { return running_threads() <= threads_; }));
    }

private:
    std::size_t descriptors_ = open_descriptors();
    std::ptrdiff_t threads_ = running_threads();
};
