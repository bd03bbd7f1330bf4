#pragma once

#include <ringlet/net/reader.hpp>
#include <ringlet/net/writer.hpp>
#include <ringlet/server/request_handler.hpp>

#include <chrono>
#include <optional>

namespace ringlet {

/// A handler class for connected streams: a base_request_handler that sets the connection up and
/// can buffer it. When `finish` has ended, the framework sends the bytes that `wfile` has buffered,
/// whether or not the class overrides `finish`. If that fails, the server is told that output was
/// lost, unless `wfile` has failed before, which `handle` has seen.
///
///     while (const auto line = co_await rfile().read_line())
///         co_await wfile().print(line->size(), "\n");
class stream_request_handler : public base_request_handler {
public:
    /// The connection, by socketserver's other name for `request`.
    [[nodiscard]] stream& connection() const noexcept { return request(); }

    /// The buffered reader of the connection. The first call makes it. `request().recv()` misses
    /// bytes that `rfile` has received and not yet given, unless `rbufsize` is 0.
    [[nodiscard]] reader<stream>& rfile();

    /// The buffered writer of the connection. The first call makes it. `rfile` is tied to it: bytes
    /// that it has buffered are sent before `rfile` waits for the client.
    [[nodiscard]] writer<stream>& wfile();

protected:
    // A derived class sets these in its constructor or in `setup`.

    /// Whether a TCP connection sends small pieces at once (TCP_NODELAY). Unlike in socketserver it
    /// is on by default.
    bool disable_nagle_algorithm = true;

    /// The number of bytes that `rfile` buffers; 0 for none, -1 for the number in reader_options.
    int rbufsize = -1;

    /// The number of bytes that `wfile` buffers; 0 to send everything as it is written, -1 for the
    /// number in writer_options.
    int wbufsize = 0;

    /// The time that `rfile` and `wfile` wait for the client, each time, before they fail with
    /// timed_out; 0 is for ever.
    std::chrono::milliseconds timeout{0};

    /// The time that a message may take to come, from its first byte to its last, before a read of
    /// `rfile` fails with timed_out; 0 is for ever. See reader_options::message_timeout.
    std::chrono::milliseconds message_timeout{0};

private:
    void begin_handling() override;
    [[nodiscard]] task<> end_handling(bool handled) override;
    [[nodiscard]] task<> flush();
    void tie() noexcept;

    std::optional<reader<stream>> rfile_;
    std::optional<writer<stream>> wfile_;
};

}  // namespace ringlet
