#pragma once

#include <ringlet/net/reader.hpp>
#include <ringlet/net/writer.hpp>
#include <ringlet/server/datagram_request.hpp>
#include <ringlet/server/detail/packet_stream.hpp>
#include <ringlet/server/request_handler.hpp>

#include <optional>
#include <span>

namespace ringlet {

/// A handler for datagrams, as a class: the packet can be read, and the answer written, as if they
/// were streams. All that was written to `wfile` is sent to the client as one datagram when
/// `finish` has ended, whether or not the class overrides that. Nothing is sent where nothing was
/// written, or where `handle` or `finish` has thrown; an answer that cannot be sent is an error as
/// of datagram_request::reply.
///
///     while (const auto line = co_await rfile().read_line())
///         co_await wfile().print(line->size(), "\n");
class datagram_request_handler : public detail::basic_request_handler<datagram_request> {
public:
    /// The bytes of the packet.
    [[nodiscard]] std::span<std::byte> packet() const noexcept { return request().packet(); }

    /// The packet to read, and the answer to write; made at the first call.
    [[nodiscard]] reader<detail::packet_stream>& rfile();
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
