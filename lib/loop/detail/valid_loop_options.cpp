#include "valid_loop_options.hpp"

#include <stdexcept>
#include <string>

namespace ringlet::detail {

namespace {

constexpr auto spin_limit = std::chrono::milliseconds(10);
constexpr auto receive_buffer_size_max = std::size_t{1} << 30U;  // an SQE's length has 32 bits

[[noreturn]] void refuse(const std::string& what) {
    throw std::invalid_argument("loop_options: " + what);
}

}  // namespace

void require_valid(const loop_options& options) {
    if (options.spin_max < options.spin_max.zero() || options.spin_max > spin_limit)
        refuse("spin_max must be 0 to 10 ms, not " + std::to_string(options.spin_max.count()) +
               " us");
    if (options.receive_buffer_size < 1 || options.receive_buffer_size > receive_buffer_size_max)
        refuse("receive_buffer_size must be 1 B to 1 GiB, not " +
               std::to_string(options.receive_buffer_size));
    if (options.receive_buffers_max < 1)
        refuse("receive_buffers_max must be 1 or more");
}

}  // namespace ringlet::detail
