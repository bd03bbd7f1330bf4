#include <ringlet/base/detail/check.hpp>

#include <cstdio>
#include <cstdlib>

namespace ringlet::detail {

void fail(const char* sentence) noexcept {
    std::fprintf(stderr, "ringlet: %s\n", sentence);
    std::abort();
}

}  // namespace ringlet::detail
