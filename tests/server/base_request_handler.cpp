#include "blocking_client.hpp"
#include "catch.hpp"
#include "forked_child.hpp"
#include "recording_server.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/request_handler.hpp>

#include <array>
#include <stdexcept>

namespace tests::server_base_request_handler {

namespace {

/// What the handlers of the current test did, in order. They run one after the other in the serving
/// thread; the test looks when that has been joined.
std::vector<std::string> trace;

/// Serves one client, until it is told that the connection is over.
std::vector<recording_server::error> serve_one(ringlet::any_handler<ringlet::stream> handler) {
    trace.clear();
    recording_server server(std::move(handler));
    serving_thread serving(server);
    blocking_client client(server.server_address());
    client.receive_all();
    client.close();
    server.shutdown();
    serving.join();
    return server.errors;
}

class traced : public ringlet::base_request_handler {
public:
    traced() { trace.emplace_back("made"); }
    ~traced() override { trace.emplace_back("destroyed"); }

    ringlet::task<> setup() override {
        trace.emplace_back("setup");
        co_return;
    }
    ringlet::task<> handle() override {
        trace.emplace_back("handle");
        co_return;
    }
    ringlet::task<> finish() override {
        trace.emplace_back("finish");
        co_return;
    }
};

class fails_to_set_up : public traced {
    ringlet::task<> setup() override {
        co_await traced::setup();
        throw std::runtime_error("no setup");
    }
};

class fails_to_handle : public traced {
    ringlet::task<> handle() override {
        co_await traced::handle();
        throw std::runtime_error("no handle");
    }
};

class fails_to_finish : public traced {
    ringlet::task<> finish() override {
        co_await traced::finish();
        throw std::runtime_error("no finish");
    }
};

class fails_twice : public fails_to_handle {
    ringlet::task<> finish() override {
        co_await traced::finish();
        throw std::runtime_error("no finish either");
    }
};

class fails_to_be_made : public ringlet::base_request_handler {
public:
    fails_to_be_made() { throw std::runtime_error("not made"); }
    ringlet::task<> handle() override { co_return; }
};

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("a handler object is made, set up, handles, finishes and is destroyed", "[server]") {
    CHECK(serve_one(ringlet::handler<traced>).empty());
    CHECK(trace == names{"made", "setup", "handle", "finish", "destroyed"});
}

TEST_CASE("finish runs when handle throws, and the exception is reported", "[server]") {
    const auto errors = serve_one(ringlet::handler<fails_to_handle>);
    CHECK(trace == names{"made", "setup", "handle", "finish", "destroyed"});
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].text == "no handle");
}

TEST_CASE("neither handle nor finish runs when setup throws", "[server]") {
    const auto errors = serve_one(ringlet::handler<fails_to_set_up>);
    CHECK(trace == names{"made", "setup", "destroyed"});
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].text == "no setup");
}

TEST_CASE("an exception of finish is reported", "[server]") {
    const auto errors = serve_one(ringlet::handler<fails_to_finish>);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].text == "no finish");
}

TEST_CASE("the exceptions of handle and of finish are both reported", "[server]") {
    const auto errors = serve_one(ringlet::handler<fails_twice>);
    REQUIRE(errors.size() == 2);
    CHECK(errors[0].text == "no handle");
    CHECK(errors[1].text == "no finish either");
    CHECK(trace == names{"made", "setup", "handle", "finish", "destroyed"});
}

TEST_CASE("that both handle and finish were cancelled is reported by neither", "[server]") {
    struct lingers : ringlet::base_request_handler {
        ringlet::task<> handle() override {
            co_await request().send_all("x");
            std::array<char, 1> any{};
            co_await request().recv(any);
        }
        ringlet::task<> finish() override { co_await request().send_all("y"); }
    };
    recording_server server{ringlet::handler<lingers>};
    serving_thread serving(server);
    blocking_client client(server.server_address());
    CHECK(client.receive(1) == "x");
    server.shutdown(std::chrono::seconds(0));
    serving.join();
    CHECK(client.receive_all().empty());
    CHECK(server.errors.empty());
}

TEST_CASE("a constructor that throws ends its connection only", "[server]") {
    const auto errors = serve_one(ringlet::handler<fails_to_be_made>);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].text == "not made");
}

TEST_CASE("a handler knows its connection, its client and its server", "[server]") {
    struct introduces_itself : ringlet::base_request_handler {
        ringlet::task<> setup() override {
            co_await request().send_all(client_address().to_string() + " ");
        }
        ringlet::task<> handle() override {
            co_await request().send_all(server().server_address().to_string());
        }
    };
    recording_server server{ringlet::handler<introduces_itself>};
    const serving_thread serving(server);
    blocking_client client(server.server_address());
    CHECK(client.receive_all() ==
          client.local_address().to_string() + " " + server.server_address().to_string());
}

TEST_CASE("a constructor that asks for the connection is told to do so later", "[server]") {
    struct hasty : ringlet::base_request_handler {
        hasty() { static_cast<void>(request()); }
        ringlet::task<> handle() override { co_return; }
    };
    const child_end end = run_in_child([] {
        const hasty made;
        return 0;
    });
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("do that in setup() or handle()"));
}

}  // namespace tests::server_base_request_handler
