#pragma once

#include <ringlet/net/reader.hpp>
#include <ringlet/net/writer.hpp>
#include <ringlet/server/request_handler.hpp>

#include <chrono>
#include <optional>

namespace ringlet {

/// A handler for connected streams: base_request_handler with the connection set up for it, and
/// buffered where that is asked for. What `wfile` has buffered is sent when `finish` has ended,
/// whether or not the class overrides that; where this fails, the server is told that output was
/// lost, but not where `wfile` has failed before, which `handle` has seen.
///
///     while (const auto line = co_await rfile().read_line())
///         co_await wfile().print(line->size(), "\n");
class stream_request_handler : public base_request_handler {
public:
    /// The connection, by socketserver's other name for `request`.
    [[nodiscard]] stream& connection() const noexcept { return request(); }

    /// The connection, buffered for reading and for writing; made at the first call. Bytes that
    /// `rfile` has received and not given are missing from `request().recv()`, unless `rbufsize` is
    /// 0.
    [[nodiscard]] reader<stream>& rfile();
    [[nodiscard]] writer<stream>& wfile();

protected:
    // Set these in the constructor or in `setup`.

    /// Whether small pieces are sent at once (TCP_NODELAY) on a TCP connection. Unlike in
    /// socketserver it is on by default.
    bool disable_nagle_algorithm = true;

    /// How much `rfile` and `wfile` buffer: a number of bytes, 0 for nothing, or -1 for what
    /// reader_options and writer_options say. With a `wbufsize` of 0 all is sent as it is written.
    int rbufsize = -1;
    int wbufsize = 0;

    /// How long `rfile` and `wfile` wait for the client each time before they fail with timed_out;
    /// 0 is for ever.
    std::chrono::milliseconds timeout{0};

private:
    void begin_handling() override;
    [[nodiscard]] task<> end_handling(bool handled) override;
    [[nodiscard]] task<> flush();

    std::optional<reader<stream>> rfile_;
    std::optional<writer<stream>> wfile_;
};

}  // namespace ringlet
