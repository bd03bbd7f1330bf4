// What a client may send where a header of the PROXY protocol has to come: in pieces of any size,
// and as the server receives it.

#include "daemon/detail/proxy_parser.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using ringlet::daemon::proxy_header;
using ringlet::daemon::detail::proxy_parser;

void require(bool holds) {
    if (!holds)
        std::abort();
}

/// Feeds `input` in pieces: of `piece` bytes, or of as many as the parser wants for 0. Yields how
/// many bytes were taken.
std::size_t feed(proxy_parser& parser, std::string_view input, std::size_t piece) {
    std::size_t at = 0;
    while (const std::size_t wanted = parser.wanted()) {
        if (at == input.size())
            break;
        const std::string_view next = input.substr(at, piece == 0 ? wanted : piece);
        const std::size_t taken = parser.take(next);
        require(taken <= next.size());
        // No byte behind the header was received where no more were received than it wanted.
        require(taken == next.size() || parser.error() || (piece > 0 && parser.whole()));
        at += taken;
    }
    require(!parser.error() || !parser.whole());
    return at;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    proxy_parser whole({});
    proxy_parser wanted({});
    proxy_parser pieces({});
    const std::size_t taken = feed(whole, input, std::max<std::size_t>(input.size(), 1));
    const std::size_t taken_as_wanted = feed(wanted, input, 0);
    feed(pieces, input, std::max<std::size_t>(data[0] % 16, 1));
    require(whole.whole() == wanted.whole() && whole.whole() == pieces.whole());
    require(whole.error() == wanted.error() && whole.error() == pieces.error());
    if (whole.whole()) {
        require(taken == taken_as_wanted && taken <= 4096);
        require(whole.header() == wanted.header() && whole.header() == pieces.header());
        static_cast<void>(whole.header().tls());
        static_cast<void>(whole.header().source.to_string());
    }
    return 0;
}
