// What the sends of a program are below TLS: how many records, and how many sends.

#include "catch.hpp"
#include "inverting_layer.hpp"
#include "run_virtually.hpp"
#include "tls/secured_pair.hpp"

#include <ringlet/net/stream_pair.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tests::tls_sends {

using ringlet::loop;
using ringlet::stream;
using ringlet::task;

namespace {

constexpr std::size_t record_overhead = 5 + 17;  // of TLS 1.3: the header, the kind and the tag

}  // namespace

TEST_CASE("a head and a body are one record and one send", "[tls]") {
    run_virtually([](loop& owner) -> task<> {
        ringlet::stream_pair plain;
        auto below_client = std::make_unique<inverting_layer>(std::move(plain.one));
        auto below_server = std::make_unique<inverting_layer>(std::move(plain.other));
        std::vector<std::size_t>& sizes = below_client->sends();
        secured_pair pair;
        co_await pair.secure(stream(owner, std::move(below_client)),
                             stream(owner, std::move(below_server)));
        const std::string body(1'000, 'b');
        sizes.clear();
        co_await pair.client().send_all("head", body);
        CHECK(sizes == std::vector<std::size_t>{1'004 + record_overhead});
        sizes.clear();
        co_await pair.client().send_all("1", "", "2", "3", "4", "5", "6", "7", "8", "9");
        CHECK(sizes == std::vector<std::size_t>{9 + record_overhead});
        const std::string large(16'384, 'l');
        sizes.clear();
        co_await pair.client().send_all("head", large);
        CHECK(sizes == std::vector<std::size_t>{16'388 + 2 * record_overhead});
        co_await pair.close();
    });
}

}  // namespace tests::tls_sends
