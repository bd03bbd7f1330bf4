#pragma once

#include <chrono>

/// The time that a test waits for an event before it fails. It is generous, for a busy machine and
/// for the sanitizers: only a failing test ever takes so long.
inline constexpr std::chrono::seconds time_limit{60};
