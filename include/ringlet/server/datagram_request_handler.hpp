#pragma once

#include <ringlet/net/reader.hpp>
#include <ringlet/net/writer.hpp>
#include <ringlet/server/datagram_request.hpp>
#include <ringlet/server/detail/packet_stream.hpp>
#include <ringlet/server/request_handler.hpp>

#include <optional>
#include <span>

namespace ringlet {

/// A handler class for datagrams. It reads the packet, and writes the answer, as if they were
/// streams. When `finish` has ended, the framework sends all bytes that were written to `wfile` to
/// the client as one datagram, whether or not the class overrides `finish`. It sends nothing where
/// no byte was written, or where `handle` or `finish` threw. An answer that cannot be sent is an
/// error, as with datagram_request::reply.
///
///     while (const auto line = co_await rfile().read_line())
///         co_await wfile().print(line->size(), "\n");
class datagram_request_handler : public detail::basic_request_handler<datagram_request> {
public:
    /// The bytes of the packet.
    [[nodiscard]] std::span<std::byte> packet() const noexcept { return request().packet(); }

    /// The reader of the packet. The first call makes it.
    [[nodiscard]] reader<detail::packet_stream>& rfile();

    /// The writer of the answer. The first call makes it.
    [[nodiscard]] writer<detail::packet_stream>& wfile();

private:
    [[nodiscard]] task<> end_handling(bool handled) override;
    [[nodiscard]] task<> answer();
    [[nodiscard]] detail::packet_stream& stream();

    std::optional<detail::packet_stream> stream_;
    std::optional<reader<detail::packet_stream>> rfile_;
    std::optional<writer<detail::packet_stream>> wfile_;
};

}  // namespace ringlet
