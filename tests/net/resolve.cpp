#include "cancellable.hpp"
#include "catch.hpp"
#include "gate.hpp"
#include "ipv6_loopback.hpp"
#include "own_network.hpp"
#include "run_without_leak.hpp"
#include "scripted_resolver.hpp"

#include <ringlet/base/thread_pool.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/offload.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/resolve.hpp>

#include <array>
#include <chrono>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace tests::net_resolve {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::resolve;
using ringlet::task;
using ringlet::thread_pool;
using ringlet::detail::joinable_task_group;

namespace {

using addresses = std::vector<address>;

addresses parsed(std::initializer_list<const char*> texts) {
    addresses made;
    for (const char* text : texts)
        made.push_back(address::parse(text));
    return made;
}

template <class Error>
task<std::string> what_of(task<addresses> resolving) {
    try {
        const addresses found = co_await std::move(resolving);
    } catch (const Error& error) {
        co_return error.what();
    }
    throw std::runtime_error("nothing was thrown");
}

task<addresses> resolve_in_time(std::chrono::milliseconds timeout, std::string host,
                                ringlet::resolve_options options) {
    co_return co_await ringlet::with_timeout(timeout, resolve(std::move(host), 80, options));
}

task<> store(std::string host, thread_pool& pool, addresses& found, std::error_code& error) {
    found = co_await resolve(std::move(host), 80, {.family = AF_INET, .pool = &pool}, error);
}

}  // namespace

TEST_CASE("IP addresses and localhost are known without a look-up", "[net]") {
    run_coroutine([]() -> task<> {
        thread_pool pool;
        const ringlet::resolve_options in_pool{.pool = &pool};
        const addresses v4 = co_await resolve("127.0.0.1", 80, in_pool);
        CHECK(v4 == parsed({"127.0.0.1:80"}));
        const addresses v6 = co_await resolve("fe80::1%lo", 80, in_pool);
        CHECK(v6 == parsed({"[fe80::1%lo]:80"}));
        const addresses any = co_await resolve("", 80, in_pool);
        CHECK(any == parsed({"0.0.0.0:80"}));
        const addresses both = co_await resolve("localhost", 80, in_pool);
        CHECK(both == parsed({"127.0.0.1:80", "[::1]:80"}));  // what `address` binds goes first
        CHECK(pool.threads() == 0);
    });
}

TEST_CASE("only addresses of the family that is asked for are found", "[net]") {
    scripted_resolver resolver;
    resolver.answer("two.test", {"::1", "127.0.0.1", "192.0.2.1"});
    run_coroutine([]() -> task<> {
        const addresses v4 = co_await resolve("localhost", 80, {.family = AF_INET});
        CHECK(v4 == parsed({"127.0.0.1:80"}));
        const addresses v6 = co_await resolve("localhost", 80, {.family = AF_INET6});
        CHECK(v6 == parsed({"[::1]:80"}));
        const addresses named = co_await resolve("two.test", 80, {.family = AF_INET});
        CHECK(named == parsed({"127.0.0.1:80", "192.0.2.1:80"}));
        std::error_code error;
        const addresses none = co_await resolve("::1", 80, {.family = AF_INET}, error);
        CHECK(none.empty());
        CHECK(error == std::error_code(EAI_ADDRFAMILY, ringlet::resolver_category()));
    });
}

TEST_CASE("a name has its addresses in the resolver's order, those with a route first", "[net]") {
    scripted_resolver resolver;
    resolver.answer("two.test", {"192.0.2.1", "2001:db8::1", "127.0.0.1", "192.0.2.1"});
    resolver.answer("here.test", {"127.0.0.1", "::1"});
    const own_network no_routes;
    run_coroutine([&]() -> task<> {
        const addresses found = co_await resolve("two.test", 443);
        if (no_routes.separate())
            CHECK(found == parsed({"192.0.2.1:443", "127.0.0.1:443", "[2001:db8::1]:443"}));
        else
            CHECK(found.size() == 3);
        CHECK(resolver.look_ups() == 2);
        const addresses v6 = co_await resolve("two.test", 443, {.family = AF_INET6});
        CHECK(v6 == parsed({"[2001:db8::1]:443"}));
        CHECK(resolver.look_ups() == 3);
        if (has_ipv6_loopback()) {
            const addresses here = co_await resolve("here.test", 443);
            CHECK(here == parsed({"[::1]:443", "127.0.0.1:443"}));
        }
    });
}

TEST_CASE("a lost answer for one family keeps the other's addresses for 50 ms", "[net]") {
    const int lost = GENERATE(AF_INET, AF_INET6);
    scripted_resolver resolver;
    gate held;
    resolver.hold("half.test", lost, {"192.0.2.1", "2001:db8::1"}, held);
    thread_pool pool;
    run_coroutine([&]() -> task<> {
        const auto begun = loop::current()->now();
        const addresses found = co_await resolve("half.test", 80, {.pool = &pool});
        CHECK(loop::current()->now() - begun >= 50ms);
        CHECK(found == parsed({lost == AF_INET ? "[2001:db8::1]:80" : "192.0.2.1:80"}));
    });
    held.open();
}

TEST_CASE("a name that has addresses of one family only is not waited for", "[net]") {
    scripted_resolver resolver;
    resolver.answer("v4.test", {"192.0.2.1"});
    resolver.answer("v6.test", {"2001:db8::1"});
    run_coroutine([]() -> task<> {
        const addresses v4 = co_await resolve("v4.test", 80);
        CHECK(v4 == parsed({"192.0.2.1:80"}));
        const addresses v6 = co_await resolve("v6.test", 80);
        CHECK(v6 == parsed({"[2001:db8::1]:80"}));
    });
}

TEST_CASE("of two errors the one is reported that may pass", "[net]") {
    scripted_resolver resolver;
    resolver.fail("none.test", EAI_NONAME);
    resolver.fail("later.test", EAI_AGAIN);
    run_coroutine([]() -> task<> {
        std::error_code error;
        const addresses none = co_await resolve("none.test", 80, {}, error);
        CHECK(error == std::error_code(EAI_NONAME, ringlet::resolver_category()));
        const addresses later = co_await resolve("later.test", 80, {}, error);
        CHECK(error == std::error_code(EAI_AGAIN, ringlet::resolver_category()));
    });
}

TEST_CASE("one look-up serves all that want the same addresses", "[net]") {
    scripted_resolver resolver;
    gate held;
    resolver.hold("slow.test", held);
    thread_pool pool({.threads_max = 1, .waiting_max = 0});
    run_coroutine([&]() -> task<> {
        std::array<addresses, 3> found;
        std::array<std::error_code, 3> errors;
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, store("slow.test", pool, found[0], errors[0])));
        group.spawn(store("slow.test", pool, found[1], errors[1]));
        group.spawn(store("slow.test", pool, found[2], errors[2]));
        held.await();
        scope->cancel();
        CHECK(pool.abandoned() == 0);
        held.open();
        co_await group.join();
        CHECK(errors[0] == std::errc::operation_canceled);
        CHECK(found[1] == parsed({"192.0.2.1:80"}));
        CHECK(found[2] == parsed({"192.0.2.1:80"}));
        CHECK(resolver.look_ups() == 1);
    });
}

TEST_CASE("names that nobody answers for hold up neither look-ups nor offloaded calls", "[net]") {
    scripted_resolver resolver;
    static gate held;               // which threads that do not end with the test pass
    constexpr int unanswered = 40;  // names, of which each is looked up twice
    for (int i = 0; i < unanswered; ++i)
        resolver.hold("lost" + std::to_string(i) + ".test", held);
    resolver.answer("good.test", {"192.0.2.2"});
    run_coroutine([&]() -> task<> {
        const auto give_up = [&](int number) -> task<> {
            std::error_code error;
            const cancel_scope attempt(1ms);
            const addresses none =
                co_await resolve("lost" + std::to_string(number) + ".test", 80, {}, error);
            CHECK(error == std::errc::timed_out);
        };
        joinable_task_group group;
        for (int i = 0; i < unanswered; ++i)
            group.spawn(give_up(i));
        co_await group.join();
        const int three = co_await ringlet::offload([] { return 3; });
        CHECK(three == 3);
        const addresses found = co_await resolve("good.test", 80);
        CHECK(found == parsed({"192.0.2.2:80"}));
    });
    const int begun = resolver.look_ups() - 2;  // the others were withdrawn before their turn
    for (int i = 0; i < begun; ++i) {
        held.await();
        held.open();
    }
}

TEST_CASE("the system's own resolver is asked, and says that a name is none", "[net]") {
    const own_network nowhere;
    run_without_leak([](loop&) -> task<> {
        thread_pool pool;  // whose threads are nowhere too
        std::error_code error;
        const addresses none = co_await resolve("no-such-host.invalid", 80, {.pool = &pool}, error);
        CHECK(none.empty());
        CHECK(error.category() == ringlet::resolver_category());
        CHECK(pool.threads() >= 1);
    });
}

TEST_CASE("what the resolver fails with is thrown, and names the host", "[net]") {
    scripted_resolver resolver;
    resolver.fail("none.test", EAI_NONAME);
    resolver.fail("broken.test", EAI_SYSTEM, ENFILE);
    run_coroutine([&]() -> task<> {
        const std::string said = co_await what_of<std::system_error>(resolve("none.test", 80));
        CHECK(said == "cannot resolve the host name \"none.test\": " +
                          std::string(::gai_strerror(EAI_NONAME)));
        std::error_code error;
        const addresses none = co_await resolve("none.test", 80, {}, error);
        CHECK(error == std::error_code(EAI_NONAME, ringlet::resolver_category()));
        const addresses broken = co_await resolve("broken.test", 80, {}, error);
        CHECK(error == std::errc::too_many_files_open_in_system);
        const addresses good = co_await resolve("127.0.0.1", 80, {}, error);
        CHECK_FALSE(error);
    });
}

TEST_CASE("what is no host is refused before it is looked up", "[net]") {
    scripted_resolver resolver;
    run_coroutine([]() -> task<> {
        for (const char* host : {"::g", "[::1]", "host name"}) {
            const std::string said = co_await what_of<std::invalid_argument>(resolve(host, 80));
            CHECK(said.find(host) != std::string::npos);
        }
        const std::string port = co_await what_of<std::invalid_argument>(resolve("a.test", 65536));
        CHECK(port.find("65536") != std::string::npos);
    });
}

TEST_CASE("a look-up lets its loop go on", "[net]") {
    scripted_resolver resolver;
    gate held;
    resolver.hold("slow.test", held);
    run_coroutine([&]() -> task<> {
        const auto open_later = [&]() -> task<> {
            co_await ringlet::yield();
            held.open();
            held.open();
        };
        joinable_task_group group;
        group.spawn(open_later());
        const addresses found = co_await resolve("slow.test", 80);
        CHECK(found == parsed({"192.0.2.1:80"}));
        co_await group.join();
    });
}

TEST_CASE("a look-up that is cancelled ends at once, and its answer comes to nobody", "[net]") {
    scripted_resolver resolver;
    std::array<gate, 3> held;
    resolver.hold("slow0.test", held[0]);
    resolver.hold("slow1.test", held[1]);
    resolver.hold("late.test", held[2]);
    thread_pool pool({.threads_max = 1});
    for (const std::size_t i : {0U, 1U}) {
        run_coroutine([&]() -> task<> {
            addresses found;
            std::error_code error;
            cancel_scope* scope = nullptr;
            const std::string name = "slow" + std::to_string(i) + ".test";
            joinable_task_group group;
            group.spawn(cancellable(scope, store(name, pool, found, error)));
            held[i].await();
            scope->cancel();
            co_await group.join();
            CHECK(error == std::errc::operation_canceled);
            CHECK(found.empty());
        });  // and the loop ends before the answer is there
        held[i].open();
    }
    run_coroutine([&]() -> task<> {
        const std::string late = co_await what_of<std::system_error>(
            resolve_in_time(1ms, "late.test", {.family = AF_INET, .pool = &pool}));
        CHECK(
            late ==
            "cannot resolve the host name \"late.test\": timed out by a deadline of this program");
    });
    held[2].open();
}

TEST_CASE("a look-up that waits for a thread takes none when it is cancelled", "[net]") {
    scripted_resolver resolver;
    gate held;
    resolver.hold("slow.test", held);
    resolver.answer("quick.test", {"192.0.2.2"});
    thread_pool pool({.threads_max = 1, .waiting_max = 1});
    run_coroutine([&]() -> task<> {
        addresses found;
        addresses none;
        std::error_code error;
        std::error_code cancelled;
        std::error_code refused;
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(store("slow.test", pool, found, error));
        held.await();
        group.spawn(cancellable(scope, store("quick.test", pool, none, cancelled)));
        co_await store("other.test", pool, none, refused);
        CHECK(refused == std::errc::resource_unavailable_try_again);
        CHECK(pool.waiting() == 1);
        scope->cancel();
        CHECK(pool.waiting() == 0);
        held.open();
        co_await group.join();
        CHECK(cancelled == std::errc::operation_canceled);
        CHECK(none.empty());
        CHECK_FALSE(error);
        CHECK(found == parsed({"192.0.2.1:80"}));
        CHECK(resolver.look_ups() == 1);
    });
}

TEST_CASE("an answer that is there when the look-up is cancelled is kept", "[net]") {
    scripted_resolver resolver;
    gate held;
    resolver.answer("quick.test", {"192.0.2.2"});
    resolver.hold("slow.test", held);
    thread_pool pool({.threads_max = 1});
    run_coroutine([&]() -> task<> {
        addresses found;
        addresses other;
        std::error_code error = std::make_error_code(std::errc::io_error);
        std::error_code ignored;
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, store("quick.test", pool, found, error)));
        group.spawn(store("slow.test", pool, other, ignored));
        held.await();  // in the thread that has sent the first answer
        scope->cancel();
        held.open();
        co_await group.join();
        CHECK_FALSE(error);
        CHECK(found == parsed({"192.0.2.2:80"}));
    });
}

TEST_CASE("a look-up under a cancelled scope does not begin", "[net]") {
    scripted_resolver resolver;
    resolver.answer("quick.test", {"192.0.2.2"});
    run_coroutine([&]() -> task<> {
        cancel_scope scope;
        scope.cancel();
        std::error_code error;
        const addresses none = co_await resolve("quick.test", 80, {}, error);
        CHECK(error == std::errc::operation_canceled);
        CHECK(none.empty());
        CHECK(resolver.look_ups() == 0);
    });
}

TEST_CASE("resolving outside a loop is a logic_error", "[net]") {
    task<addresses> lazy = resolve("localhost", 80);
    auto resolving = std::move(lazy).operator co_await();
    resolving.await_suspend(std::noop_coroutine());
    CHECK_THROWS_AS(resolving.await_resume(), std::logic_error);
}

}  // namespace tests::net_resolve
