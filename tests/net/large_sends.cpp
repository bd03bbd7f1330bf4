// Sends of more bytes than fit into the result of one operation.

#include "catch.hpp"
#include "discarding_reader.hpp"
#include "large_memory.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"
#include "under_sanitizer.hpp"

#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/when_all.hpp>
#include <ringlet/net/writer.hpp>

#include <atomic>
#include <vector>

namespace tests::net_large_sends {

using ringlet::const_buffer;
using ringlet::loop;
using ringlet::stream;
using ringlet::task;

namespace {

constexpr auto gibibyte = std::size_t{1} << 30U;

task<> send_whole(stream& to, const_buffer bytes) {
    const std::size_t sent = co_await to.send_all(bytes);
    CHECK(sent == bytes.size());
}

task<> send_in_pieces(stream& to, const_buffer bytes) {
    const auto* const begin = static_cast<const std::byte*>(bytes.data());
    std::vector<const_buffer> pieces;
    for (std::size_t at = 0; at < bytes.size(); at += gibibyte)
        pieces.emplace_back(begin + at, std::min(gibibyte, bytes.size() - at));
    std::error_code error;
    const std::size_t sent = co_await to.send_all(pieces, error);
    CHECK(sent == bytes.size());
    CHECK_FALSE(error);
}

task<> write(stream& to, const_buffer bytes) {
    ringlet::writer out(to);
    const std::string_view head = "head";
    co_await out.write(head);
    const std::size_t rest = bytes.size() - head.size();
    co_await out.write(const_buffer(bytes.data(), rest));
    co_await out.flush();
}

}  // namespace

TEST_CASE("two gibibytes and more arrive once, and are counted, however they are sent", "[net]") {
    if (under_thread_sanitizer)
        SKIP("the thread sanitizer takes memory for each byte that a call reads");
    const auto send_by = GENERATE(&send_whole, &send_in_pieces, &write);
    run_without_leak([=](loop& owner) -> task<> {
        const ringlet::shield time_limit_guard;  // gigabytes may take longer on a busy machine
        const large_memory memory(2 * gibibyte + 12'345);
        connected_pair pair = tcp_pair();
        stream sending(owner, std::move(pair.one));
        std::atomic<std::uint64_t> received{0};
        std::atomic<std::uint64_t> sent{0};
        sending.count_traffic(received, sent);
        discarding_reader reader(pair.peer());
        co_await send_by(sending, memory.bytes());
        co_await sending.close();
        CHECK(reader.count() == memory.bytes().size());
        CHECK(sent == memory.bytes().size());
    });
}

}  // namespace tests::net_large_sends
