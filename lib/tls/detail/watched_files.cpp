#include "watched_files.hpp"

#include "state_lock.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <utility>

namespace ringlet::tls::detail {

namespace {

std::int64_t nanoseconds_of(const timespec& time) noexcept {
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

watched_files::watched_files(std::vector<std::string> paths,
                             std::chrono::milliseconds interval) noexcept
    : paths_(std::move(paths)), interval_(std::chrono::nanoseconds(interval).count()) {}

bool watched_files::due(clock::time_point now) noexcept {
    if (interval_ == 0 || paths_.empty())
        return false;
    const std::int64_t present = std::chrono::nanoseconds(now.time_since_epoch()).count();
    std::int64_t next = next_look_.load(std::memory_order_relaxed);
    return present >= next && next_look_.compare_exchange_strong(next, present + interval_);
}

bool watched_files::changed() const {
    const std::vector<state> found = look();
    const state_lock locked;
    return !settled_ || found != noted_;
}

// The clock of a file system may stand still for some milliseconds, so that a file which has just
// been written can change unseen. One that was changed in the future, before the clock was set
// back, cannot: a change would set it back too.
void watched_files::note(std::chrono::system_clock::time_point now) {
    constexpr std::int64_t granularity = 1'000'000'000;  // that of the coarsest file systems
    std::vector<state> found = look();
    const std::int64_t present = std::chrono::nanoseconds(now.time_since_epoch()).count();
    const bool settled = std::ranges::all_of(
        found, [&](const state& each) { return std::abs(present - each.changed) > granularity; });
    const state_lock locked;
    noted_.swap(found);
    settled_ = settled;
}

void watched_files::forget() {
    const state_lock locked;
    settled_ = false;
}

std::vector<watched_files::state> watched_files::look() const {
    std::vector<state> found;
    for (const std::string& path : paths_) {
        struct stat seen {};
        if (::stat(path.c_str(), &seen) == 0)
            found.push_back({seen.st_dev, seen.st_ino, seen.st_size, nanoseconds_of(seen.st_mtim),
                             nanoseconds_of(seen.st_ctim)});
        else
            found.push_back({});
    }
    return found;
}

}  // namespace ringlet::tls::detail
