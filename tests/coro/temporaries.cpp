// GCC 12 destroys some temporaries of a co_await expression twice: aggregates with members that are
// not trivial, and closures that own what they capture. What our interfaces ask for in an operand
// is made so that it does not happen; here every kind of it is counted.

#include "catch.hpp"
#include "counted.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/channel.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/mutex.hpp>
#include <ringlet/coro/semaphore.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/coro/when_all.hpp>
#include <ringlet/coro/when_any.hpp>
#include <ringlet/coro/with_timeout.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace tests::coro_temporaries {

using ringlet::task;
using ringlet::task_group;
using ringlet::detail::joinable_task_group;

// An awaiter with a constructor survives; an aggregate might not.
static_assert(!std::is_aggregate_v<task<int>::awaiter>);
static_assert(!std::is_aggregate_v<ringlet::detail::sleep_operation>);
static_assert(!std::is_aggregate_v<ringlet::detail::yield_operation>);
static_assert(!std::is_aggregate_v<ringlet::detail::join_operation>);
static_assert(!std::is_aggregate_v<task_group::spawn_operation>);
static_assert(!std::is_aggregate_v<ringlet::event::wait_operation>);
static_assert(!std::is_aggregate_v<ringlet::semaphore::acquire_operation>);
static_assert(!std::is_aggregate_v<ringlet::mutex::lock_operation>);
static_assert(!std::is_aggregate_v<ringlet::mutex::guard>);
static_assert(!std::is_aggregate_v<ringlet::channel<counted>::send_operation>);
static_assert(!std::is_aggregate_v<ringlet::channel<counted>::copy_send_operation>);
static_assert(!std::is_aggregate_v<ringlet::channel<counted>::receive_operation>);
static_assert(!std::is_aggregate_v<ringlet::detail::scoped_await<task<counted>>>);
static_assert(!std::is_aggregate_v<ringlet::when_any_result<counted>>);

// Options may be aggregates as long as nothing has to be done when they end.
static_assert(std::is_trivially_destructible_v<ringlet::loop_options>);
static_assert(std::is_trivially_destructible_v<ringlet::ring_options>);

namespace {

const std::string long_text(100, 'x');  // on the heap

task<> perhaps(bool suspend) {
    if (suspend)
        co_await ringlet::yield();
}

task<counted> by_value(bool suspend, counted argument) {
    co_await perhaps(suspend);
    co_return argument;
}

task<int> by_reference(bool suspend, const counted& argument) {
    co_await perhaps(suspend);
    co_return argument.number();
}

task<std::string> with_default(bool suspend, std::string text = {},
                               const counted& second = counted()) {
    co_await perhaps(suspend);
    co_return text + std::to_string(second.number());
}

task<int> run_given(task<counted> inner) {
    const counted result = co_await std::move(inner);
    co_return result.number();
}

task<> fail_with(bool suspend, counted argument) {
    co_await perhaps(suspend);
    throw argument;
}

/// Runs `body(suspend)` both ways, and counts.
template <class Body>
void count_with(Body body) {
    for (const bool suspend : {false, true}) {
        counted::begin();
        run_coroutine([&] { return body(suspend); });
        INFO((suspend ? "suspending" : "at once"));
        CHECK(counted::alive() == 0);
        CHECK(counted::strays() == 0);
    }
}

}  // namespace

TEST_CASE("arguments of a task are destroyed once, by value and by reference", "[coro]") {
    count_with([](bool suspend) -> task<> {
        const counted result = co_await by_value(suspend, counted(1));
        CHECK(result.number() == 1);
        CHECK(counted::alive() == 1);
        counted local(2);
        const counted copied = co_await by_value(suspend, local);
        const counted moved = co_await by_value(suspend, std::move(local));
        CHECK(copied.number() + moved.number() == 4);
        const int number = co_await by_reference(suspend, counted(3));
        CHECK(number == 3);
        CHECK(counted::alive() == 4);
    });
}

TEST_CASE("default arguments of a task are destroyed once", "[coro]") {
    count_with([](bool suspend) -> task<> {
        const std::string none = co_await with_default(suspend);
        CHECK(none == "0");
        const std::string text = co_await with_default(suspend, long_text);
        CHECK(text == long_text + "0");
        const std::string both = co_await with_default(suspend, std::string(50, 'y'), counted(7));
        CHECK(both.substr(0, 50) == std::string(50, 'y'));
        CHECK(both.substr(50) == "7");
    });
}

TEST_CASE("tasks passed to tasks by value are destroyed once", "[coro]") {
    count_with([](bool suspend) -> task<> {
        const int number = co_await run_given(by_value(suspend, counted(5)));
        CHECK(number == 5);
        task<counted> local = by_value(suspend, counted(6));
        const int moved = co_await run_given(std::move(local));
        CHECK(moved == 6);
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE("results that nobody keeps, or that are used at once, are destroyed once", "[coro]") {
    count_with([](bool suspend) -> task<> {
        co_await by_value(suspend, counted(1));
        CHECK(counted::alive() == 0);
        const int sum = (co_await by_value(suspend, counted(2))).number() +
                        (co_await by_value(suspend, counted(3))).number();
        CHECK(sum == 5);
        const int nested = co_await by_reference(suspend, co_await by_value(suspend, counted(4)));
        CHECK(nested == 4);
        if (const counted found = co_await by_value(suspend, counted(5)); found.number() != 5)
            FAIL("another result");
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE("an exception that ends a co_await expression destroys its temporaries once", "[coro]") {
    count_with([](bool suspend) -> task<> {
        try {
            co_await fail_with(suspend, counted(1));
            FAIL("nothing was thrown");
        } catch (const counted& thrown) {
            CHECK(thrown.number() == 1);
        }
        CHECK(counted::alive() == 0);
    });
}

TEST_CASE("closures that own what they capture may be a task group's body, with a name", "[coro]") {
    count_with([](bool suspend) -> task<> {
        const auto body = [suspend, owned = counted(1), text = long_text,
                           shared = std::make_shared<counted>(2)](task_group& group) -> task<> {
            group.spawn(perhaps(suspend));
            co_await perhaps(suspend);
            CHECK(owned.number() + shared->number() == 3);
            CHECK(text == long_text);
        };
        co_await task_group::run(body);
        co_await task_group::run(std::ref(body));
        co_await task_group::run(2, body);
    });
}

TEST_CASE("closures that own what they capture may be spawned, and live as long as the task",
          "[coro]") {
    count_with([](bool suspend) -> task<> {
        int sum = 0;
        const auto named = [suspend, &sum, owned = counted(5)]() -> task<> {
            co_await perhaps(suspend);
            sum += owned.number();
        };
        co_await task_group::run(2, [&](task_group& group) -> task<> {
            for (const int i : {1, 2, 3})
                group.spawn([suspend, &sum, owned = counted(i), text = long_text]() -> task<> {
                    co_await perhaps(suspend);
                    CHECK(text == long_text);
                    sum += owned.number();
                });
            CHECK(counted::alive() == (suspend ? 4 : 1));
            co_await group.spawn_when_free(named);
        });
        CHECK(sum == 11);
        CHECK(counted::alive() == 1);
    });
}

TEST_CASE("closures that own what they capture may be combined, with a name", "[coro]") {
    count_with([](bool suspend) -> task<> {
        const auto named = [suspend, owned = counted(5), text = long_text]() -> task<int> {
            co_await perhaps(suspend);
            CHECK(text == long_text);
            co_return owned.number();
        };
        const auto all = co_await ringlet::when_all(named, std::ref(named));
        CHECK(std::get<0>(all) + std::get<1>(all) == 10);
        const auto any =
            co_await ringlet::when_any(named, ringlet::sleep_for(std::chrono::hours(1)));
        CHECK(std::get<0>(any.value) == 5);
        const int timely = co_await ringlet::with_timeout(std::chrono::hours(1), named);
        CHECK(timely == 5);
    });
}

// Where such a closure is a temporary of the operand, it does not compile.
static_assert(!ringlet::detail::sound_temporary<decltype([owned = std::string()] {})>);
static_assert(ringlet::detail::sound_temporary<decltype([number = 1] { return number; })>);
static_assert(ringlet::detail::sound_temporary<std::string&>);

TEST_CASE("closures that capture references and numbers may be temporaries", "[coro]") {
    count_with([](bool suspend) -> task<> {
        const counted local(4);
        int seen = 0;
        co_await task_group::run([&, number = 2](task_group& group) -> task<> {
            group.spawn(perhaps(suspend));
            seen = local.number() + number;
            co_await perhaps(suspend);
        });
        CHECK(seen == 6);
    });
}

TEST_CASE("a spawned task's arguments are destroyed once, when the task has ended", "[coro]") {
    count_with([](bool suspend) -> task<> {
        const auto child = [](bool suspended, counted argument, std::string text) -> task<> {
            co_await perhaps(suspended);
            CHECK(argument.number() == 1);
            CHECK(text == long_text);
        };
        joinable_task_group group;
        group.spawn(child(suspend, counted(1), long_text));
        counted local(1);
        group.spawn(child(suspend, std::move(local), std::string(100, 'x')));
        CHECK(counted::alive() == (suspend ? 3 : 1));
        co_await group.join();
        CHECK(counted::alive() == 1);
    });
}

TEST_CASE("scopes, shields and durations made in an operand are fine", "[coro]") {
    count_with([](bool suspend) -> task<> {
        std::error_code error;
        co_await ringlet::sleep_for(std::chrono::nanoseconds(suspend ? 1 : 0), error);
        CHECK_FALSE(error);
        const auto guarded = [](bool suspended, counted argument) -> task<int> {
            const ringlet::cancel_scope limit(std::chrono::hours(1));
            const ringlet::shield shield_guard;
            co_await perhaps(suspended);
            co_return argument.number();
        };
        const int number = co_await guarded(suspend, counted(8));
        CHECK(number == 8);
    });
}

TEST_CASE("items on their way through a channel are destroyed once", "[coro]") {
    count_with([](bool suspend) -> task<> {
        ringlet::channel<counted> items(1);
        const auto receiver = [&](bool wait) -> task<> {
            co_await perhaps(wait);
            const int first = (co_await items.receive())->number();
            CHECK(first == 1);
            co_await items.receive();
            const counted third = (co_await items.receive()).value();
            CHECK(third.number() == 3);
            const counted fourth = (co_await items.receive()).value();
            CHECK(fourth.number() == 4);
        };
        joinable_task_group group;
        group.spawn(receiver(suspend));
        co_await items.send(counted(1));
        co_await items.send(counted(2));  // where the receiver yields, this waits
        co_await ringlet::with_timeout(std::chrono::hours(1), items.send(counted(3)));
        const counted copied(4);
        co_await items.send(copied);
        co_await group.join();
        std::error_code error;
        items.close();
        co_await items.send(counted(5), error);
        CHECK(error == std::errc::broken_pipe);
        co_await items.send(copied, error);
        CHECK(error == std::errc::broken_pipe);
    });
}

TEST_CASE("a mutex's guard that is used at once, moved, or dropped is given back once", "[coro]") {
    count_with([](bool suspend) -> task<> {
        ringlet::mutex door;
        const auto holder = [&](bool wait) -> task<> {
            const auto lock = co_await door.lock();
            co_await perhaps(wait);
        };
        joinable_task_group group;
        group.spawn(holder(suspend));
        const bool used_at_once = (co_await door.lock()).owns_lock();
        CHECK(used_at_once);
        co_await door.lock();
        ringlet::mutex::guard lock;
        lock = co_await door.lock();
        CHECK_FALSE(door.try_lock().owns_lock());
        lock.unlock();
        CHECK(door.try_lock().owns_lock());
        co_await group.join();
    });
}

TEST_CASE("tasks made in the operand of a timeout are destroyed once, their results too",
          "[coro]") {
    using std::chrono::hours;
    count_with([](bool suspend) -> task<> {
        const counted result =
            co_await ringlet::with_timeout(hours(1), by_value(suspend, counted(1)));
        CHECK(result.number() == 1);
        CHECK(counted::alive() == 1);
        const int nested = co_await ringlet::with_timeout(
            hours(2), ringlet::with_timeout(hours(1), by_reference(suspend, counted(2))));
        CHECK(nested == 2);
        try {
            co_await ringlet::with_timeout(hours(1), fail_with(suspend, counted(3)));
            FAIL("nothing was thrown");
        } catch (const counted& thrown) {
            CHECK(thrown.number() == 3);
        }
        CHECK(counted::alive() == 1);
    });
}

TEST_CASE("tasks and results of when_all, when_any and first_success are destroyed once",
          "[coro]") {
    count_with([](bool suspend) -> task<> {
        auto [one, two] = co_await ringlet::when_all(by_value(suspend, counted(1)),
                                                     by_value(!suspend, counted(2)));
        CHECK(one.number() + two.number() == 3);
        CHECK(counted::alive() == 2);
        const auto first = co_await ringlet::when_any(by_value(suspend, counted(3)),
                                                      with_default(suspend, long_text));
        CHECK(std::get<0>(first.value).number() == 3);
        std::vector<task<counted>> tasks;
        tasks.push_back(by_value(suspend, counted(4)));
        tasks.push_back(by_value(suspend, counted(5)));
        const auto success = co_await ringlet::first_success(std::move(tasks));
        CHECK(success.value.number() == 4);
        CHECK(counted::alive() == 4);
        const int sum =
            std::get<0>(co_await ringlet::when_all(by_value(suspend, counted(6)))).number();
        CHECK(sum == 6);
        CHECK(counted::alive() == 4);
    });
}

TEST_CASE("the arguments of a task that waits for a place are destroyed once", "[coro]") {
    count_with([](bool suspend) -> task<> {
        const auto child = [](bool wait, counted argument, std::string text) -> task<> {
            co_await perhaps(wait);
            CHECK(argument.number() == 1);
            CHECK(text == long_text);
        };
        joinable_task_group group(1);
        for (int i = 0; i < 3; ++i)
            co_await group.spawn_when_free(child(suspend, counted(1), long_text));
        ringlet::semaphore permits(1);
        co_await permits.acquire();
        ringlet::event flag;
        flag.set();
        co_await flag.wait();
        co_await group.join();
        CHECK(counted::alive() == 0);
    });
}

}  // namespace tests::coro_temporaries
