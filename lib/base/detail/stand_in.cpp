#include "stand_in.hpp"

#include <utility>

namespace ringlet::detail {

namespace {

// Read and written only by the functions of this file, which are not inlined into coroutines: see
// loop_core.cpp.
[[gnu::tls_model("initial-exec")]] thread_local stand_in* current_stand_in = nullptr;

}  // namespace

[[gnu::noinline]] stand_in* stand_in::current() noexcept {
    return current_stand_in;
}

[[gnu::noinline]] stand_in* stand_in::exchange(stand_in* next) noexcept {
    return std::exchange(current_stand_in, next);
}

void stand_in::run(thread_pool::job& submitted) noexcept {
    submitted.work();
    submitted.report_end();
}

}  // namespace ringlet::detail
