#include "catch.hpp"
#include "descriptor_limit.hpp"
#include "forked_child.hpp"
#include "ring/conformance.hpp"
#include "seccomp_filter.hpp"

#include <ringlet/ring/kernel_ring.hpp>

#include <fstream>

namespace tests::ring_setup_error {

namespace {

/// How a child ends that makes a ring where io_uring_setup fails with `error`.
child_end set_up_refused_with(int error) {
    return run_in_child([error] {
        refuse_call(SYS_io_uring_setup, static_cast<unsigned>(error));
        try {
            const ringlet::kernel_ring ring;
        } catch (const std::system_error& refused) {
            std::fputs(refused.what(), stderr);
            return refused.code() == std::error_code(error, std::system_category()) ? 0 : 1;
        }
        return 2;
    });
}

bool io_uring_is_disabled() {
    std::ifstream sysctl("/proc/sys/kernel/io_uring_disabled");
    int disabled = 0;
    return sysctl >> disabled && disabled != 0;
}

}  // namespace

TEST_CASE("a ring that a seccomp filter forbids says so", "[ring]") {
    const child_end end = set_up_refused_with(EPERM);
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
    CHECK(end.says("io_uring_setup: "));
    CHECK(end.says(io_uring_is_disabled() ? "kernel.io_uring_disabled is" : "seccomp"));
    CHECK(end.says("Operation not permitted"));
}

TEST_CASE("a ring that the kernel does not have says so", "[ring]") {
    const child_end end = set_up_refused_with(ENOSYS);
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
    CHECK(end.says("io_uring_setup: this kernel has no io_uring"));
    CHECK(end.says("Function not implemented"));
}

TEST_CASE("a ring that lacks locked memory or a descriptor names the limit to raise", "[ring]") {
    const child_end locked = set_up_refused_with(ENOMEM);
    CAPTURE(locked.text);
    CHECK(locked.exited_with(0));
    CHECK(locked.says("RLIMIT_MEMLOCK"));

    const child_end system_wide = set_up_refused_with(ENFILE);
    CAPTURE(system_wide.text);
    CHECK(system_wide.exited_with(0));
    CHECK(system_wide.says("fs.file-max"));
}

TEST_CASE("a ring that no set-up suits says so", "[ring]") {
    const child_end end = set_up_refused_with(EINVAL);
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
    CHECK(end.says("the kernel refused every set-up that was tried"));
}

TEST_CASE("a process without a free descriptor gets no ring, but hears why", "[ring]") {
    const std::string text = [] {
        const descriptor_limit none(0);
        try {
            const ringlet::kernel_ring ring;
            return std::string();
        } catch (const std::system_error& refused) {
            return std::string(refused.what());
        }
    }();
    CHECK(text == "io_uring_setup: this process has no descriptor left; raise RLIMIT_NOFILE "
                  "(ulimit -n): Too many open files");
    CHECK_NOTHROW(ringlet::kernel_ring());
}

TEST_CASE("a ring that cannot register anything works all the same", "[ring]") {
    const child_end end = run_in_child([] {
        refuse_call(SYS_io_uring_register, EPERM);
        ringlet::kernel_ring ring({.first_setup = ringlet::ring_options::setup::coop_taskrun});
        prepare_as(ring, 7, [](io_uring_sqe* sqe) { io_uring_prep_nop(sqe); });
        return next_completion(ring).user_data == 7 && !ring.supports(IORING_OP_NOP) ? 0 : 1;
    });
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
}

TEST_CASE("a ring that may not be entered breaks, and the error names the call", "[ring]") {
    const child_end end = run_in_child([] {
        ringlet::kernel_ring ring;
        refuse_call(SYS_io_uring_enter, EPERM);
        hand_over(ring);
        return 0;
    });
    CAPTURE(end.text);
    CHECK(end.exited_with(child_end::threw));
    CHECK(end.text == "io_uring_enter: Operation not permitted");
}

}  // namespace tests::ring_setup_error
