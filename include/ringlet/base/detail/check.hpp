#pragma once

namespace ringlet::detail {

/// Ends the program with `sentence` on stderr. Programmer errors only (a loop used from another
/// thread, a frame destroyed while an operation in it is in flight): going on would corrupt memory.
[[noreturn]] void fail(const char* sentence) noexcept;

/// Asserts an invariant, in every build type. `sentence` says what went wrong and what to do.
inline void check(bool holds, const char* sentence) noexcept {
    if (!holds) [[unlikely]]
        fail(sentence);
}

}  // namespace ringlet::detail
