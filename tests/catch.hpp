#pragma once

// Catch2 under one name, whichever major version the system has.

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>

/// How many test cases of this run said SKIP.
inline int skipped_cases = 0;

/// Catch2 2 lacks SKIP. Its TestFailureException ends a test case without failing it.
#define SKIP(reason)                                                                               \
    do {                                                                                           \
        WARN("skipped: " << reason);                                                               \
        ++skipped_cases;                                                                           \
        throw Catch::TestFailureException();                                                       \
    } while (false)
#endif
