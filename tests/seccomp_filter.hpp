#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>

/// Gives the system call `number` (SYS_...) the outcome `action`, for this thread, for threads that
/// it starts, and for programs that they execute. This cannot be undone, so use it in a child.
/// Returns false, with errno, where the system refuses the filter. Async-signal-safe. seccomp(2).
inline bool filter_call(unsigned number, unsigned action) noexcept {
    std::array<sock_filter, 4> code{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// Makes the system call `number` fail with `error`. See filter_call.
inline bool refuse_call(unsigned number, unsigned error) noexcept {
    return filter_call(number, SECCOMP_RET_ERRNO | error);
}

/// Makes the system call `number` end the process with SIGSYS. See filter_call.
inline bool punish_call(unsigned number) noexcept {
    return filter_call(number, SECCOMP_RET_KILL_PROCESS);
}

/// Forbids io_uring as the default profiles of Docker and containerd do.
inline bool refuse_io_uring() noexcept {
    return refuse_call(SYS_io_uring_setup, EPERM) && refuse_call(SYS_io_uring_enter, EPERM) &&
           refuse_call(SYS_io_uring_register, EPERM);
}
