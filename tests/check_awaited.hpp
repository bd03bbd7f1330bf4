#pragma once

#include "catch.hpp"

/// CHECK for what is awaited: that macro names its argument twice, and a co_await in it would run
/// twice.
#define CHECK_AWAITED(awaited, expected)                                                           \
    do {                                                                                           \
        const auto got = awaited;                                                                  \
        CHECK(got == (expected));                                                                  \
    } while (false)
