#pragma once

namespace ringlet::detail {

/// Tells the CPU that this thread looks at memory until it changes: it saves power, and leaves the
/// core to its other hardware thread.
inline void cpu_relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace ringlet::detail
