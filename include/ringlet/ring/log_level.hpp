#pragma once

namespace ringlet {

/// How much an event matters.
enum class log_level {
    debug,    ///< to those who look for a fault; the default log leaves it out
    info,     ///< to those who want to know what goes on
    warning,  ///< something is amiss, and the program goes on
    error,    ///< something that was asked for was not done
};

}  // namespace ringlet
