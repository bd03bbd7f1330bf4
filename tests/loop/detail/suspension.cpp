#include "catch.hpp"
#include "co_await_line.hpp"

#include <ringlet/coro/task.hpp>
#include <ringlet/loop/detail/suspension.hpp>

#include <string_view>

namespace tests::loop_suspension {

using ringlet::task;
using ringlet::detail::suspension;

namespace {

/// Does not suspend; notes what it was awaited with.
class noting {
public:
    explicit noting(suspension& noted) noexcept : noted_(noted) {}
    bool await_ready() const noexcept { return false; }
    bool await_suspend(suspension awaiting) const noexcept {
        noted_ = awaiting;
        return false;
    }
    void await_resume() const noexcept {}

private:
    suspension& noted_;
};

/// A coroutine type that knows nothing of ringlet.
struct foreign {
    struct promise_type {
        foreign get_return_object() const noexcept { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept {}
    };
};

foreign await_once(suspension& noted, unsigned& line) {
    line = co_await_line(__LINE__ + 1);
    co_await noting(noted);
}

task<> await_once_in_a_task(suspension& noted) {
    co_await noting(noted);
}

foreign await_a_task(suspension& noted, unsigned& line) {
    line = co_await_line(__LINE__ + 1);
    co_await await_once_in_a_task(noted);
}

}  // namespace

TEST_CASE("a suspension tells the place of the co_await", "[loop]") {
    suspension noted;
    unsigned line = 0;
    await_once(noted, line);
    CHECK(noted.where().line() == line);
    CHECK(std::string_view(noted.where().file_name()).ends_with("suspension.cpp"));
    CHECK(std::string_view(noted.where().function_name()).find("await_once") !=
          std::string_view::npos);
    CHECK(noted.awaited_by() == nullptr);  // such a coroutine does not say
}

TEST_CASE("a suspended task knows who awaits it, once that has suspended too", "[loop]") {
    suspension noted;
    unsigned line = 0;
    await_a_task(noted, line);
    // The task has ended without suspending, so that nobody had to wait for it.
    REQUIRE(noted.awaited_by() != nullptr);
    CHECK(noted.coroutine());
}

TEST_CASE("nobody can be resumed, and stands nowhere", "[loop]") {
    const suspension nobody;
    nobody.coroutine().resume();
    CHECK(nobody.where().line() == 0);
    CHECK(nobody.awaited_by() == nullptr);
    const std::coroutine_handle<> handle = nobody;
    CHECK(handle);
}

}  // namespace tests::loop_suspension
