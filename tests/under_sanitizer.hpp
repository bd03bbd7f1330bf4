#pragma once

/// Whether a sanitizer watches, which makes everything take several times as long: where a test
/// repeats something often, it may do so less often.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool under_sanitizer = true;
#else
inline constexpr bool under_sanitizer = false;
#endif
