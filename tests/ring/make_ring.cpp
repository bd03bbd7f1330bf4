#include "catch.hpp"
#include "conformance.hpp"
#include "environment_variable.hpp"
#include "forked_child.hpp"
#include "other_user.hpp"
#include "scripted_stand_in.hpp"
#include "seccomp_filter.hpp"
#include "under_sanitizer.hpp"

#include <ringlet/loop/loop.hpp>
#include <ringlet/ring/make_ring.hpp>

#include <algorithm>
#include <future>
#include <string>
#include <vector>

namespace tests::ring_make_ring {

namespace {

using kind = ringlet::ring_options::kind;

/// The name of the ring that is made where RINGLET_RING is `variable`.
std::string ring_made_for(kind wanted, const char* variable) {
    const environment_variable named("RINGLET_RING", variable);
    return std::string(ringlet::make_ring({.wanted = wanted})->name());
}

/// 0 if make_ring makes an epoll ring that works; where it throws, the child ends with the reason.
int make_epoll_ring(const ringlet::ring_options& options = {}) {
    const auto ring = ringlet::make_ring(options);
    prepare_as(*ring, 7, [](io_uring_sqe* sqe) { io_uring_prep_nop(sqe); });
    return ring->name() == "epoll" && next_completion(*ring).user_data == 7 ? 0 : 1;
}

/// How a child ends that makes a ring where `confine()` has forbidden something.
template <class Confine>
child_end made_under(Confine confine, kind wanted = kind::any, const char* variable = nullptr) {
    const environment_variable named("RINGLET_RING", variable);
    return run_in_child([&] { return confine() ? make_epoll_ring({.wanted = wanted}) : 2; });
}

std::size_t lines_in(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

bool kill_who_asks_for_io_uring() {
    return punish_call(SYS_io_uring_setup);
}

}  // namespace

TEST_CASE("the ring is the one that the code names, or else RINGLET_RING, or else the kernel's",
          "[ring]") {
    CHECK(ring_made_for(kind::any, nullptr) == "kernel");
    CHECK(ring_made_for(kind::any, "") == "kernel");
    CHECK(ring_made_for(kind::any, "kernel") == "kernel");
    CHECK(ring_made_for(kind::any, "epoll") == "epoll");
    for (const char* const variable : {static_cast<const char*>(nullptr), "kernel", "epoll", "?"}) {
        CHECK(ring_made_for(kind::kernel, variable) == "kernel");
        CHECK(ring_made_for(kind::epoll, variable) == "epoll");
    }
}

TEST_CASE("a loop runs on the ring that its options name", "[ring]") {
    CHECK(ringlet::loop({.ring = {.wanted = kind::epoll}}).ring().name() == "epoll");
    CHECK(ringlet::loop({.ring = {.wanted = kind::kernel}}).ring().name() == "kernel");
}

TEST_CASE("a RINGLET_RING that names no ring is refused, with those there are", "[ring]") {
    const std::string name = GENERATE("io_uring", "Epoll", "any", " kernel");
    CHECK_THROWS_AS(ring_made_for(kind::any, name.c_str()), std::invalid_argument);
    CHECK_THROWS_WITH(ring_made_for(kind::any, name.c_str()),
                      "the environment variable RINGLET_RING must be kernel or epoll, not " + name);
}

TEST_CASE("where io_uring is not to be had epoll takes its place, and one line says why",
          "[ring]") {
    // Those that kernels answer with, and one that only the author of a filter can think of.
    const int error = GENERATE(EPERM, EACCES, ENOSYS, EINVAL, ENOMEM, EAGAIN, EUCLEAN);
    const child_end end = made_under(
        [error] { return refuse_call(SYS_io_uring_setup, static_cast<unsigned>(error)); });
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
    CHECK(lines_in(end.text) == 1);
    CHECK(end.text.starts_with(
        "ringlet: going on with epoll instead of io_uring level=warning error=\"io_uring_setup: "));
    CHECK(end.text.ends_with(std::system_category().message(error) + "\"\n"));
}

TEST_CASE("a kernel's ring that may be made but not entered is none", "[ring]") {
    const child_end end = made_under([] { return refuse_call(SYS_io_uring_enter, EPERM); });
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
    CHECK(end.text == "ringlet: going on with epoll instead of io_uring level=warning "
                      "error=\"io_uring_enter: Operation "
                      "not permitted\"\n");
}

TEST_CASE("however many rings and threads a process has, it names the cause once", "[ring]") {
    if (under_thread_sanitizer)
        SKIP("no threads in a forked child");
    const environment_variable unset("RINGLET_RING", nullptr);
    const child_end end = run_in_child([] {
        if (!refuse_io_uring())
            return 2;
        std::vector<std::future<int>> threads;
        for (int thread = 0; thread < 8; ++thread)
            threads.push_back(std::async(std::launch::async, [] {
                int failed = 0;
                for (int round = 0; round < 20; ++round)
                    failed += make_epoll_ring();
                return failed;
            }));
        int failed = 0;
        for (auto& thread : threads)
            failed += thread.get();
        return failed == 0 ? 0 : 1;
    });
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
    CHECK(lines_in(end.text) == 1);
}

TEST_CASE("a kernel's ring that is asked for by name and refused is an error", "[ring]") {
    const bool by_option = GENERATE(true, false);
    const child_end end = by_option ? made_under(&refuse_io_uring, kind::kernel, "epoll")
                                    : made_under(&refuse_io_uring, kind::any, "kernel");
    CAPTURE(end.text);
    CHECK(end.exited_with(child_end::threw));
    CHECK(end.text.starts_with("io_uring_setup: "));
    CHECK(end.text.ends_with("Operation not permitted"));
}

TEST_CASE("a kernel's ring by name gets the memory of rings that have just been closed", "[ring]") {
    if (::geteuid() != 0)
        SKIP("only root can become a user that no other process has");
    constexpr rlim_t room_for_a_few = rlim_t{1} << 20U;
    constexpr std::size_t many_more = 100;
    constexpr int not_counted = 3;
    const child_end end = run_in_child([] {
        if (!become_user_who_may_lock(room_for_a_few))
            return not_counted;
        std::vector<std::unique_ptr<ringlet::ring>> rings;
        try {
            while (rings.size() < many_more)
                rings.push_back(std::make_unique<ringlet::kernel_ring>());
            return not_counted;
        } catch (const std::system_error&) {
            rings.clear();
        }
        for (std::size_t i = 0; i < many_more; ++i)
            static_cast<void>(ringlet::make_ring({.wanted = kind::kernel}));
        return 0;
    });
    CAPTURE(end.text);
    if (end.exited_with(not_counted))
        SKIP("this kernel does not count rings");
    CHECK(end.exited_with(0));
}

TEST_CASE("epoll that is asked for by name is not announced", "[ring]") {
    const bool by_option = GENERATE(true, false);
    const child_end end = by_option ? made_under(&refuse_io_uring, kind::epoll)
                                    : made_under(&refuse_io_uring, kind::any, "epoll");
    CHECK(end.exited_with(0));
    CHECK(end.text.empty());
}

TEST_CASE("epoll that is asked for by name lives where to ask for io_uring is death", "[ring]") {
    CHECK(made_under(&kill_who_asks_for_io_uring, kind::epoll).exited_with(0));
    CHECK(made_under(&kill_who_asks_for_io_uring, kind::any, "epoll").exited_with(0));
    CHECK(made_under(&kill_who_asks_for_io_uring).killed_by(SIGSYS));
}

TEST_CASE("a lack of descriptors is an error, not a reason for another ring", "[ring]") {
    const unsigned error = GENERATE(unsigned{EMFILE}, unsigned{ENFILE});
    const child_end end = made_under([error] { return refuse_call(SYS_io_uring_setup, error); });
    CAPTURE(end.text);
    CHECK(end.exited_with(child_end::threw));
    CHECK(end.text.starts_with("io_uring_setup: "));
    CHECK(end.says("has no descriptor left; raise "));
}

TEST_CASE("options out of range are refused whichever ring they are for", "[ring]") {
    const kind wanted = GENERATE(kind::any, kind::kernel, kind::epoll);
    CHECK_THROWS_AS(ringlet::make_ring({.wanted = wanted, .submission_entries = 0}),
                    std::invalid_argument);
    const child_end end = made_under(
        [] { return refuse_io_uring() && make_epoll_ring({.completion_entries = 1}) == 0; });
    CHECK(end.exited_with(child_end::threw));
    CHECK(end.text ==
          "ring_options: completion_entries must be submission_entries to 65536, not 1");
}

TEST_CASE("a ring comes from what stands in for the system, whichever is asked for", "[ring]") {
    scripted_stand_in simulation;
    CHECK(ring_made_for(GENERATE(kind::any, kind::kernel, kind::epoll), "epoll") == "virtual time");
    CHECK(simulation.rings == 1);
    const ringlet::loop owner;
    CHECK(simulation.rings == 2);
}

}  // namespace tests::ring_make_ring
