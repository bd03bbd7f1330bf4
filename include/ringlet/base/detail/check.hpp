#pragma once

namespace ringlet::detail {

/// Ends the program with `sentence` on stderr. For programmer errors only, such as a loop used from
/// another thread, or a frame destroyed while an operation in it is in flight: the program would
/// corrupt memory if it went on.
[[noreturn]] void fail(const char* sentence) noexcept;

/// Ends the program with `sentence` on stderr unless the invariant `holds`, in every build type.
/// `sentence` says what went wrong and what to do.
inline void check(bool holds, const char* sentence) noexcept {
    if (!holds) [[unlikely]]
        fail(sentence);
}

}  // namespace ringlet::detail
