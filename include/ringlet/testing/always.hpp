#pragma once

#include <source_location>
#include <stdexcept>
#include <string_view>

namespace ringlet::testing {

/// What a violated `always` throws, so that the task which has found it goes no further.
class violation : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// States what has to hold each time that this is reached. Where it does not, the simulation fails
/// under its seed, with this text and place, and the call throws `violation`. Outside of a
/// simulation it throws too.
void always(bool condition, std::string_view what,
            std::source_location where = std::source_location::current());

/// States what has to be true at least once in a campaign: a rare case that the simulation is to
/// reach, such as a queue that is full. A campaign reports those that never were, and fails for
/// those that simulate_options::expected names. No effect outside of a simulation.
void sometimes(bool condition, std::string_view what);

/// States that this place is to be reached at least once in a campaign, as `sometimes(true, what)`.
inline void reached(std::string_view what) {
    sometimes(true, what);
}

}  // namespace ringlet::testing
