#pragma once

#include <ringlet/net/descriptor_stream.hpp>

namespace ringlet {

// The standard streams of the process: a terminal, a pipe, a file, or whatever the launcher has put
// there. Each call makes a stream of its own, which closes nothing of the process when it ends. Two
// that receive at the same time share the bytes by chance. A reader of what the process prints sees
// its end when the process has ended, or has closed its descriptor 1: `shutdown` and `close` end
// only the stream.

/// A stream that receives what the process is given on stdin. It lives in the loop that runs in
/// this thread. Throws std::system_error if stdin is closed, and std::logic_error outside a loop.
///
///     ringlet::descriptor_stream input = ringlet::standard_input();
///     ringlet::reader typed(input);
///     while (const auto line = co_await typed.read_line())
[[nodiscard]] descriptor_stream standard_input();

/// A stream that sends to stdout, past what std::cout and stdio have buffered. It lives in the loop
/// that runs in this thread. Throws std::system_error if stdout is closed, and std::logic_error
/// outside a loop.
[[nodiscard]] descriptor_stream standard_output();

/// A stream that sends to stderr. It lives in the loop that runs in this thread. Throws
/// std::system_error if stderr is closed, and std::logic_error outside a loop.
[[nodiscard]] descriptor_stream standard_error();

/// A stream that receives what the process is given on stdin, and sends to stdout, past what
/// std::cout and stdio have buffered: `relay(terminal, server)`. It lives in the loop that runs in
/// this thread. Throws std::system_error if one of them is closed, and std::logic_error outside a
/// loop.
[[nodiscard]] descriptor_stream standard_streams();

}  // namespace ringlet
