#pragma once

#include "descriptors.hpp"
#include "eventually.hpp"

#include <sys/wait.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>

/// What this process has that somebody has to give back.
struct process_resources {
    std::size_t descriptors = open_descriptors();
    std::size_t threads = count_threads();
    std::size_t shared_mappings = count_shared_mappings();
    bool children = has_children();

    bool operator==(const process_resources&) const = default;

    friend std::ostream& operator<<(std::ostream& out, const process_resources& shown) {
        return out << shown.descriptors << " descriptors, " << shown.threads << " threads, "
                   << shown.shared_mappings << " shared mappings, "
                   << (shown.children ? "children" : "no children");
    }

private:
    static std::size_t count_threads() {
        const std::filesystem::directory_iterator all("/proc/self/task");
        return static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }

    static std::size_t count_shared_mappings() {
        std::ifstream maps("/proc/self/maps");
        std::size_t count = 0;
        for (std::string line; std::getline(maps, line);)
            count += line.find("/dev/zero") != line.npos || line.find("io_uring") != line.npos;
        return count;
    }

    static bool has_children() {
        siginfo_t ended{};
        return ::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0;
    }
};

/// Whether there is again what there was: soon, since the kernel lists a thread for a moment longer
/// than the one that joins it waits.
inline bool back_to(const process_resources& before) {
    return eventually([&] { return process_resources() == before; });
}
