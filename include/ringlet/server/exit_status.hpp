#pragma once

#include <string>

namespace ringlet {

/// The way in which a process ended. waitid(2).
class exit_status {
public:
    /// An unknown status: it was lost before the program asked for it.
    exit_status() noexcept = default;

    /// The status of a process that exited with `code`, 0 to 255.
    [[nodiscard]] static exit_status exited(int code) noexcept {
        return {manner::exited, code, false};
    }

    /// The status of a process that signal `number` killed, with or without a core dump.
    [[nodiscard]] static exit_status signalled(int number, bool core_dumped = false) noexcept {
        return {manner::signalled, number, core_dumped};
    }

    /// Whether the process exited with 0.
    [[nodiscard]] bool success() const noexcept { return *this == exited(0); }

    /// Whether the status is known.
    [[nodiscard]] bool known() const noexcept { return manner_ != manner::unknown; }

    /// The number that the process exited with; -1 if it did not exit by itself.
    [[nodiscard]] int code() const noexcept { return manner_ == manner::exited ? number_ : -1; }

    /// The signal that killed the process; 0 if none did.
    [[nodiscard]] int signal() const noexcept { return manner_ == manner::signalled ? number_ : 0; }

    /// Whether the process left a core dump.
    [[nodiscard]] bool core_dumped() const noexcept { return core_dumped_; }

    /// The status as text: "exited with status 72", "killed by signal 11 (Segmentation fault)", ...
    [[nodiscard]] std::string to_string() const;

    [[nodiscard]] bool operator==(const exit_status&) const noexcept = default;

private:
    enum class manner { unknown, exited, signalled };

    exit_status(manner how, int number, bool core_dumped) noexcept
        : manner_(how), number_(number), core_dumped_(core_dumped) {}

    manner manner_ = manner::unknown;
    int number_ = 0;
    bool core_dumped_ = false;
};

}  // namespace ringlet
