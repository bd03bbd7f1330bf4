// Frames of coroutines that are made in one thread of a server and end in another are kept by
// neither.

#include "catch.hpp"
#include "every_server.hpp"
#include "serving_thread.hpp"

#include <ringlet/loop/detail/loop_core.hpp>

#include <string>

namespace tests::server_frame_memory {

TEST_CASE("connections leave no more behind in a worker than one of them uses", "[server]") {
    const concurrency_kind kind =
        GENERATE(kinds::loop, kinds::threads, kinds::sharing_threads, kinds::thread_per_request);
    CAPTURE(kind.name);
    ringlet::server_options options = kind.options;
    options.workers = 1;
    ringlet::tcp_server server(
        ringlet::address("127.0.0.1", 0),
        [](ringlet::stream& client) -> ringlet::task<> {
            auto& frames = ringlet::detail::loop_core::require_current("handle").frames();
            co_await say(client, std::to_string(frames.cached_bytes()));
        },
        options);
    const serving_thread serving(server);
    const auto cached_bytes = [&] {
        return std::stoul(blocking_client(server.server_address()).receive_all());
    };
    for (int i = 0; i < 10; ++i)
        cached_bytes();
    const std::size_t after_ten = cached_bytes();
    for (int i = 0; i < 400; ++i)
        cached_bytes();
    CHECK(cached_bytes() <= after_ten + 32 * 1'024);  // some frames end only as others begin
}

}  // namespace tests::server_frame_memory
