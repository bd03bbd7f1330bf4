#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ringlet::tls::detail {

/// Tells whether files have changed, by what stat(2) says of them. Thread-safe.
class watched_files {
public:
    using clock = std::chrono::steady_clock;

    /// Watches files that are looked at every `interval` at most; 0 for never.
    watched_files(std::vector<std::string> paths, std::chrono::milliseconds interval) noexcept;

    /// Whether it is time to look again. Of several threads that ask at a time one is told so.
    [[nodiscard]] bool due(clock::time_point now = clock::now()) noexcept;

    /// Whether the files may be others than when they were noted.
    [[nodiscard]] bool changed() const;

    /// Takes note of the files as they are, before they are read. `now` is the time by the clock of
    /// the file system.
    void note(std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

    /// Has the files count as changed, until they are noted again.
    void forget();

private:
    struct state {
        dev_t device;
        ino_t number;
        off_t size;
        std::int64_t written;  // ns
        std::int64_t changed;  // ns
        bool operator==(const state&) const = default;
    };

    [[nodiscard]] std::vector<state> look() const;

    std::vector<std::string> paths_;
    std::int64_t interval_;                   // ns
    std::atomic<std::int64_t> next_look_{0};  // ns of the clock
    // Guarded by a state_lock.
    std::vector<state> noted_;
    bool settled_ = false;  // whether a further change would show in what stat(2) says
};

}  // namespace ringlet::tls::detail
