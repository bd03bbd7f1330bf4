#include "standard_descriptors.hpp"

#include <ringlet/base/detail/check.hpp>

#include <cstdio>
#include <cstdlib>

namespace ringlet::detail {

void fail(const char* sentence) noexcept {
    if (stderr_is_open())
        std::fprintf(stderr, "ringlet: %s\n", sentence);
    std::abort();
}

}  // namespace ringlet::detail
