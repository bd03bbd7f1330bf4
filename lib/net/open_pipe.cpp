#include <ringlet/base/detail/owned_descriptor.hpp>
#include <ringlet/net/open_pipe.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace ringlet {

pipe_ends open_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0)
        throw std::system_error(errno, std::system_category(), "pipe2");
    detail::owned_descriptor receiving(ends[0], "pipe2");
    detail::owned_descriptor sending(ends[1], "pipe2");
    return {descriptor_stream(receiving.release(), -1), descriptor_stream(-1, sending.release())};
}

}  // namespace ringlet
