// Meson asks that what it precompiles stand in a folder of its own, and GCC that it have no guard.

#include "catch.hpp"
