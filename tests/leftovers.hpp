#pragma once

#include "catch.hpp"
#include "descriptors.hpp"
#include "eventually.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>

/// Whether this process has any child, zombies included. It reaps none.
inline bool has_children() {
    siginfo_t any{};
    return ::waitid(P_ALL, 0, &any, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

inline std::size_t running_threads() {
    const std::filesystem::directory_iterator threads("/proc/self/task");
    return static_cast<std::size_t>(std::distance(begin(threads), end(threads)));
}

/// The number of mappings of memory that forked children share, and of rings.
inline std::size_t shared_mappings() {
    std::ifstream maps("/proc/self/maps");
    std::size_t count = 0;
    for (std::string line; std::getline(maps, line);)
        count += line.find("/dev/zero") != line.npos || line.find("io_uring") != line.npos;
    return count;
}

/// Remembers the descriptors, mappings and threads of this process, and checks later that it has no
/// more.
class leftovers {
public:
    void check() const {
        CHECK(open_descriptors() == descriptors_);
        CHECK(shared_mappings() == mappings_);
        CHECK_FALSE(has_children());
        // The kernel lists a thread for a while after it has been joined.
        REQUIRE(eventually([this] { return running_threads() <= threads_; }));
    }

private:
    std::size_t descriptors_ = open_descriptors();
    std::size_t mappings_ = shared_mappings();
    std::size_t threads_ = running_threads();
};
