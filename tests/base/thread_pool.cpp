#include "catch.hpp"
#include "forked_child.hpp"
#include "gate.hpp"
#include "in_time.hpp"
#include "run_coroutine.hpp"
#include "under_sanitizer.hpp"

#include <ringlet/base/thread_pool.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/offload.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::base_thread_pool {

using ringlet::task;
using ringlet::thread_pool;
using ringlet::detail::joinable_task_group;

namespace {

/// A job that tells of its two calls.
struct told_job : thread_pool::job {
    void work() noexcept override { passed.pass(); }
    void report_end() noexcept override { ended.reach(); }

    gate passed;
    milestone ended{"the job has ended"};
};

int offload_in(thread_pool& pool) {
    return run_coroutine(
        [&]() -> task<int> { co_return co_await ringlet::offload(pool, [] { return 3; }); });
}

}  // namespace

TEST_CASE("a pool starts a thread only where no idle one can take the work", "[base]") {
    thread_pool pool({.threads_max = 2});
    CHECK(pool.threads() == 0);
    run_coroutine([&]() -> task<> {
        for (int i = 0; i < 50; ++i) {
            co_await ringlet::offload(pool, [] {});
            CHECK(pool.threads() == 1);
        }
        gate inside;
        const auto hold = [&]() -> task<> {
            co_await ringlet::offload(pool, [&] { inside.pass(); });
        };
        joinable_task_group group;
        for (std::size_t i = 1; i <= 3; ++i) {
            group.spawn(hold());
            CHECK(pool.threads() == (i == 1 ? 1 : 2));
        }
        inside.await();
        inside.await();
        CHECK(pool.waiting() == 1);
        for (int i = 0; i < 3; ++i)
            inside.open();
        co_await group.join();
        CHECK(pool.threads() == 2);
    });
}

TEST_CASE("a call that does not return leaves the pool to others once it is abandoned", "[base]") {
    thread_pool pool({.threads_max = 1, .abandoned_max = 1});
    told_job stuck;
    told_job second;
    told_job third;
    pool.abandon(stuck);  // which has not begun: nothing happens
    REQUIRE(pool.submit(stuck) == 0);
    stuck.passed.await();
    REQUIRE(pool.submit(second) == 0);
    CHECK(pool.threads() == 1);
    pool.abandon(stuck);
    pool.abandon(stuck);
    CHECK(pool.abandoned() == 1);
    second.passed.await();  // in a thread of its own
    pool.abandon(second);   // one more than may be
    CHECK(pool.abandoned() == 1);
    REQUIRE(pool.submit(third) == 0);
    CHECK(pool.threads() == 2);
    stuck.passed.open();  // its thread goes
    stuck.ended.await();
    CHECK(pool.abandoned() == 0);
    second.passed.open();
    third.passed.await();
    CHECK(pool.threads() == 1);
    third.passed.open();
    third.ended.await();
    second.ended.await();
}

TEST_CASE("a pool calls a job's two halves, and takes back one that waits", "[base]") {
    thread_pool pool({.threads_max = 1, .waiting_max = 1});
    told_job first;
    told_job second;
    told_job third;
    CHECK(pool.submit(first) == 0);
    first.passed.await();
    CHECK(pool.submit(second) == 0);
    CHECK(pool.submit(third) == -EAGAIN);
    CHECK_FALSE(pool.withdraw(first));
    CHECK(pool.withdraw(second));
    CHECK_FALSE(pool.withdraw(second));
    CHECK(pool.submit(third) == 0);
    first.passed.open();
    first.ended.await();
    third.passed.await();
    third.passed.open();
    third.ended.await();
    CHECK_FALSE(pool.withdraw(third));
}

TEST_CASE("the threads of a pool have a name", "[base]") {
    run_coroutine([]() -> task<> {
        thread_pool pool;
        gate inside;
        std::array<char, 16> name{};
        const auto ask = [&]() -> task<> {
            co_await ringlet::offload(pool, [&] {
                inside.pass();  // it is given from outside
                ::prctl(PR_GET_NAME, name.data());
            });
        };
        joinable_task_group group;
        group.spawn(ask());
        inside.await();
        inside.open();
        co_await group.join();
        CHECK(std::string(name.data()) == "ringlet-pool");
    });
}

TEST_CASE("a pool ends when what its threads run has ended", "[base]") {
    auto pool = std::make_unique<thread_pool>();
    told_job job;
    CHECK(pool->submit(job) == 0);
    job.passed.await();
    auto ending = std::async(std::launch::async, [&] { pool.reset(); });
    CHECK(ending.wait_for(std::chrono::milliseconds(1)) == std::future_status::timeout);
    job.passed.open();
    get_in_time(ending);
    job.ended.await();
}

TEST_CASE("a pool whose process can start no thread fails what it is given", "[base]") {
    if (under_thread_sanitizer)
        SKIP("the thread sanitizer wants no threads in a forked child");
    const child_end end = run_in_child([] {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0)  // whom the limit binds, unlike root
            return 7;
        const rlimit none{0, 0};
        ::setrlimit(RLIMIT_NPROC, &none);
        thread_pool pool;
        told_job job;
        return pool.submit(job) == -EAGAIN && pool.threads() == 0 ? 0 : 1;
    });
    INFO(end.text);
    if (end.exited_with(7))
        SKIP("this user cannot become another, whom a limit binds for certain");
    CHECK(end.exited_with(0));
}

TEST_CASE("the process shares one pool", "[base]") {
    CHECK(&thread_pool::shared() == &thread_pool::shared());
    CHECK(offload_in(thread_pool::shared()) == 3);
    const auto before = reinterpret_cast<std::uintptr_t>(&thread_pool::shared());
    const child_end end = run_in_child(
        [&] { return reinterpret_cast<std::uintptr_t>(&thread_pool::shared()) != before ? 0 : 1; });
    CHECK(end.exited_with(0));
}

TEST_CASE("a forked child cannot use its parent's pool, is told so, and may end it", "[base]") {
    if (under_thread_sanitizer)
        SKIP("the thread sanitizer wants no threads in a forked child");
    std::optional<thread_pool> pool(std::in_place);
    CHECK(offload_in(*pool) == 3);
    const child_end used = run_in_child([&] { return offload_in(*pool); });
    INFO(used.text);
    CHECK(used.killed_by(SIGABRT));
    CHECK(used.says("a thread_pool was used in a forked child"));
    const child_end ended = run_in_child([&] {
        pool.reset();
        thread_pool another;
        return offload_in(another);
    });
    INFO(ended.text);
    CHECK(ended.exited_with(3));
}

TEST_CASE("a pool destroyed while someone waits for it ends the program with a sentence",
          "[base]") {
    if (under_thread_sanitizer)
        SKIP("the thread sanitizer wants no threads in a forked child");
    const child_end end = run_in_child([] {
        std::optional<thread_pool> pool(std::in_place,
                                        ringlet::thread_pool_options{.threads_max = 1});
        told_job running;
        told_job waiting;
        static_cast<void>(pool->submit(running));
        running.passed.await();
        static_cast<void>(pool->submit(waiting));
        pool.reset();
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("a thread_pool was destroyed while a coroutine waited for it"));
}

}  // namespace tests::base_thread_pool
