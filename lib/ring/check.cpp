#include <ringlet/ring/check.hpp>

#include <cstdio>
#include <cstdlib>

namespace ringlet {

void fail(const char* sentence) noexcept {
    std::fprintf(stderr, "ringlet: %s\n", sentence);
    std::abort();
}

}  // namespace ringlet
