#include <ringlet/base/detail/owned_descriptor.hpp>
#include <ringlet/net/standard_streams.hpp>

#include <fcntl.h>
#include <unistd.h>

namespace ringlet {

namespace {

constexpr int none = -1;

/// A duplicate of the descriptor `fd`, which the stream may close.
detail::owned_descriptor duplicate(int fd, const char* caller) {
    return {::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), caller};
}

}  // namespace

descriptor_stream standard_input() {
    return {duplicate(STDIN_FILENO, "standard_input").release(), none};
}

descriptor_stream standard_output() {
    return {none, duplicate(STDOUT_FILENO, "standard_output").release()};
}

descriptor_stream standard_error() {
    return {none, duplicate(STDERR_FILENO, "standard_error").release()};
}

descriptor_stream standard_streams() {
    detail::owned_descriptor input = duplicate(STDIN_FILENO, "standard_streams");
    detail::owned_descriptor output = duplicate(STDOUT_FILENO, "standard_streams");
    return {input.release(), output.release()};
}

}  // namespace ringlet
