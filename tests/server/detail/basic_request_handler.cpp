#include "catch.hpp"
#include "forked_child.hpp"
#include "run_coroutine.hpp"

#include <ringlet/server/request_handler.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <utility>

namespace tests::server_basic_request_handler {

using ringlet::task;

namespace {

/// What no server serves: any type can be a request.
struct question {
    int number = 0;
    int answer = 0;
};

class answers : public ringlet::detail::basic_request_handler<question> {
    task<> handle() override {
        request().answer = request().number + 1;
        co_return;
    }
};

}  // namespace

TEST_CASE("a handler has the request that it was given", "[server]") {
    ringlet::tcp_server owner({"127.0.0.1", 0}, [](ringlet::stream&) -> task<> { co_return; });
    const ringlet::address client("192.0.2.1", 1000);
    run_coroutine([&]() -> task<> {
        question asked{.number = 41};
        answers handler;
        handler.attach(asked);
        CHECK(&std::as_const(handler).request() == &asked);
        co_await static_cast<ringlet::request_handler&>(handler).run(client, owner);
        CHECK(asked.answer == 42);
    });
}

TEST_CASE("a handler that has no request yet ends the program with a sentence", "[server]") {
    const child_end end = run_in_child([] { return answers().request().number; });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("do that in setup() or handle()"));
}

}  // namespace tests::server_basic_request_handler
