#pragma once

#include <chrono>

/// How long a test waits for what has to happen before it says that it waited in vain. Generous:
/// only a failing test ever takes so long.
inline constexpr std::chrono::seconds time_limit{20};
