#include "catch.hpp"
#include "scripted_stream.hpp"

#include <ringlet/net/detail/memory_pipe.hpp>
#include <ringlet/net/readable_stream.hpp>
#include <ringlet/net/stream.hpp>

#include <coroutine>

namespace tests::net_readable_stream {

using ringlet::mutable_buffer;

namespace {

struct task_stream {
    ringlet::task<std::size_t> recv(mutable_buffer into);
};

struct awaiter_stream {
    struct awaiter {
        bool await_ready();
        void await_suspend(std::coroutine_handle<> waiter);
        int await_resume();
    };
    awaiter recv(mutable_buffer into);
};

struct void_stream {
    ringlet::task<> recv(mutable_buffer into);
};

struct blocking_stream {
    std::size_t recv(mutable_buffer into);
};

}  // namespace

TEST_CASE("what receives bytes and can be awaited is a stream to read from", "[net]") {
    STATIC_REQUIRE(ringlet::readable_stream<ringlet::stream>);
    STATIC_REQUIRE(ringlet::readable_stream<ringlet::detail::memory_pipe>);
    STATIC_REQUIRE(ringlet::readable_stream<scripted_stream>);
    STATIC_REQUIRE(ringlet::readable_stream<task_stream>);
    STATIC_REQUIRE(ringlet::readable_stream<awaiter_stream>);
    STATIC_REQUIRE_FALSE(ringlet::readable_stream<void_stream>);
    STATIC_REQUIRE_FALSE(ringlet::readable_stream<blocking_stream>);
    STATIC_REQUIRE_FALSE(ringlet::readable_stream<const ringlet::stream>);
    STATIC_REQUIRE_FALSE(ringlet::readable_stream<int>);
}

}  // namespace tests::net_readable_stream
