#define CATCH_CONFIG_RUNNER
#include "base/detail/standard_descriptors.hpp"
#include "catch.hpp"
#include "ring/detail/setup_error.hpp"

#include <ringlet/ring/kernel_ring.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <system_error>

namespace {

/// Ends the run with one line for tests/run to add up: what Catch2 prints differs by version.
class tally : public catch_listener {
public:
    using catch_listener::catch_listener;

    void testRunEnded(const Catch::TestRunStats& stats) override {
        const case_counts cases(stats);
        std::cout << "cases: passed=" << cases.passed << " failed=" << cases.failed
                  << " skipped=" << cases.skipped << std::endl;
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
class watchdog : public catch_listener {
public:
    using catch_listener::catch_listener;

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

/// Begins as from a shell, whatever started this program: it may have left signals blocked or
/// ignored, standard descriptors closed, or a umask under which nobody can use a file. And a name
/// server that cannot be reached is given up before a test's time is over (resolv.conf(5)).
void forget_launcher() {
    ringlet::detail::hold_standard_descriptors();
    ::umask(022);
    ::setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);
    for (int number = 1; number < SIGRTMAX; ++number)
        if (struct sigaction now{};
            ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN)
            std::signal(number, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

CATCH_REGISTER_LISTENER(tally)
CATCH_REGISTER_LISTENER(watchdog)

int main(int argc, char** argv) {
    forget_launcher();
    if (misses_its_ring()) {
        std::cout << "io_uring is not to be had here; what needs it is left out" << std::endl;
        return skipped_by_meson;
    }
    return Catch::Session().run(argc, argv);
}
