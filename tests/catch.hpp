#pragma once

// Catch2 under one name, whichever major version the system has. What differs between the two is
// in this file and in no other (tests/tidy.py): tests name macros, and what this file brings in.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>

#if CATCH_VERSION_MAJOR < 3
/// The test cases of this run that said SKIP, some perhaps for one value of many.
inline std::set<std::string> skipped_cases;

/// Catch2 2 lacks SKIP. Its TestFailureException ends a test case without failing it.
#define SKIP(reason)                                                                               \
    do {                                                                                           \
        WARN("skipped: " << reason);                                                               \
        skipped_cases.insert(Catch::getResultCapture().getCurrentTestName());                      \
        throw Catch::TestFailureException();                                                       \
    } while (false)
#endif

// A matcher, for CHECK_THROWS_WITH and CHECK_THAT.
using Catch::Matchers::StartsWith;

#ifdef CATCH_CONFIG_RUNNER
#if CATCH_VERSION_MAJOR < 3
using catch_listener = Catch::TestEventListenerBase;
#else
using catch_listener = Catch::EventListenerBase;
#endif

/// How many test cases of a run passed, failed and said SKIP.
struct case_counts {
    explicit case_counts(const Catch::TestRunStats& stats)
        : passed(stats.totals.testCases.passed), failed(stats.totals.testCases.failed) {
#if CATCH_VERSION_MAJOR < 3
        skipped = skipped_cases.size();
        passed -= std::min(passed, skipped);
#else
        skipped = stats.totals.testCases.skipped;
#endif
    }

    std::size_t passed;
    std::size_t failed;
    std::size_t skipped;
};
#endif
