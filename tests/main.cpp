#define CATCH_CONFIG_RUNNER
#include "catch.hpp"
#include "ring/detail/setup_error.hpp"

#include <ringlet/ring/kernel_ring.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <system_error>

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

// Far more than any case takes under any sanitizer on a busy machine.
constexpr unsigned case_seconds_max = 300;

constexpr int skipped_by_meson = 77;

/// Whether this run is for the kernel's ring, on a machine that has none. Not where every test has
/// to run.
bool misses_its_ring() {
    const char* const asked_for = std::getenv("RINGLET_RING");
    if (asked_for == nullptr || std::string(asked_for) != "kernel" || std::getenv("CI") != nullptr)
        return false;
    try {
        const ringlet::kernel_ring had;
        return false;
    } catch (const std::system_error& refused) {
        return ringlet::detail::lacks_io_uring(refused.code());
    }
}

std::string stuck;  // what to say of the case that runs

/// Ends a run in which a case hangs, and names the case.
class watchdog : public listener {
public:
    using listener::listener;

    void testCaseStarting(const Catch::TestCaseInfo& info) override {
        stuck = "\nthis case hangs: " + info.name + '\n';
        std::signal(SIGALRM, bark);
        ::alarm(case_seconds_max);
    }
    void testCaseEnded(const Catch::TestCaseStats& /*stats*/) override { ::alarm(0); }

private:
    static void bark(int /*signal*/) {
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, stuck.data(), stuck.size());
        std::abort();
    }
};

}  // namespace

CATCH_REGISTER_LISTENER(tally)
CATCH_REGISTER_LISTENER(watchdog)

int main(int argc, char** argv) {
    if (misses_its_ring()) {
        std::cout << "io_uring is not to be had here; what needs it is left out" << std::endl;
        return skipped_by_meson;
    }
    return Catch::Session().run(argc, argv);
}
