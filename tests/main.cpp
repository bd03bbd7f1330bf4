#define CATCH_CONFIG_RUNNER
#include "catch.hpp"

#include <iostream>

namespace {

#if CATCH_VERSION_MAJOR < 3
using listener = Catch::TestEventListenerBase;
#else
using listener = Catch::EventListenerBase;
#endif

/// Ends the run with one line for tests/run to add up: what Catch2 prints differs by version.
class tally : public listener {
public:
    using listener::listener;

    void testRunEnded(const Catch::TestRunStats& stats) override {
        const auto& cases = stats.totals.testCases;
#if CATCH_VERSION_MAJOR < 3
        const auto skipped = static_cast<std::size_t>(skipped_cases);
        const auto passed = cases.passed - skipped;
#else
        const auto skipped = cases.skipped;
        const auto passed = cases.passed;
#endif
        std::cout << "cases: passed=" << passed << " failed=" << cases.failed
                  << " skipped=" << skipped << std::endl;
    }
};

}  // namespace

CATCH_REGISTER_LISTENER(tally)

int main(int argc, char** argv) {
    return Catch::Session().run(argc, argv);
}
