#pragma once

/// Whether the thread sanitizer watches, which a few things do not work under: threads in a forked
/// child, and signals that another thread sends just before this one blocks in the ring, whose
/// handlers it puts off until then.
#ifdef __SANITIZE_THREAD__
inline constexpr bool under_thread_sanitizer = true;
#else
inline constexpr bool under_thread_sanitizer = false;
#endif

/// Whether any sanitizer watches, which makes everything take several times as long: where a test
/// repeats something often, it may do so less often.
#ifdef __SANITIZE_ADDRESS__
inline constexpr bool under_sanitizer = true;
#else
inline constexpr bool under_sanitizer = under_thread_sanitizer;
#endif
