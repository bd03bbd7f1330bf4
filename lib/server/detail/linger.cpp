#include "linger.hpp"

#include <ringlet/coro/cancel_scope.hpp>

#include <algorithm>
#include <array>

namespace ringlet::detail {

namespace {

constexpr std::size_t discard_size = 4096;

task<> discard_input(stream& ending, std::chrono::milliseconds at_most, std::size_t bytes_max) {
    const cancel_scope patience(at_most);
    std::array<std::byte, discard_size> discarded;
    std::error_code error;
    for (std::size_t left = bytes_max; left > 0;) {
        const std::size_t wanted = std::min(left, discarded.size());
        const std::size_t count = co_await ending.recv(std::span(discarded).first(wanted), error);
        if (count == 0)
            break;
        left -= count;
    }
}

}  // namespace

task<> linger(stream& ending, std::chrono::milliseconds at_most, std::size_t bytes_max) {
    std::error_code error;
    const bool may_linger = at_most > at_most.zero() && bytes_max > 0;
    if (may_linger && ending.is_open() && ending.idle() && !ending.at_end()) {
        ending.shutdown(stream::how::sending, error);
        if (!error)
            co_await discard_input(ending, at_most, bytes_max);
    }
}

}  // namespace ringlet::detail
