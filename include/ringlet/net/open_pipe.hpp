#pragma once

#include <ringlet/net/descriptor_stream.hpp>

namespace ringlet {

/// The two ends of a pipe.
struct pipe_ends {
    descriptor_stream receiving;  ///< It receives the bytes that the other end sends.
    descriptor_stream sending;    ///< It sends to the other end.
};

/// Opens a pipe, whose ends are close-on-exec and live in the loop that runs in this thread. Throws
/// std::system_error, and std::logic_error outside a loop. pipe(2), pipe(7).
///
/// To give an end to a program that is started, let it inherit `sending.sending_descriptor()` (with
/// dup2(2), say, as posix_spawn_file_actions_adddup2(3) does), and then shut the end down here: its
/// reader sees the end once no process has it open.
[[nodiscard]] pipe_ends open_pipe();

}  // namespace ringlet
