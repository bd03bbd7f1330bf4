#pragma once

#include <ringlet/net/reader.hpp>
#include <ringlet/net/writer.hpp>
#include <ringlet/server/basic_request_handler.hpp>
#include <ringlet/server/datagram_request.hpp>
#include <ringlet/server/detail/packet_stream.hpp>

#include <optional>
#include <span>

namespace ringlet {

/// A handler for datagrams, as a class: the packet can be read, and the answer written, as if they
/// were streams. What has been written to `wfile` is sent to the client as one datagram when
/// `handle` has ended; where nothing was, nothing is. A class of yours that overrides `finish`
/// awaits this one's too.
///
///     while (const auto line = co_await rfile().read_line())
///         co_await wfile().print(line->size(), "\n");
class datagram_request_handler : public basic_request_handler<datagram_request> {
public:
    /// Throws as datagram_request::reply; nothing is sent where `handle` has thrown.
    [[nodiscard]] task<> finish() override;

    /// The bytes of the packet.
    [[nodiscard]] std::span<std::byte> packet() const noexcept { return request().packet(); }

    /// The packet to read, and the answer to write; made at the first call.
    [[nodiscard]] reader<detail::packet_stream>& rfile();
    [[nodiscard]] writer<detail::packet_stream>& wfile();

private:
    [[nodiscard]] detail::packet_stream& stream();

    std::optional<detail::packet_stream> stream_;
    std::optional<reader<detail::packet_stream>> rfile_;
    std::optional<writer<detail::packet_stream>> wfile_;
};

}  // namespace ringlet
