#include "lingering_close.hpp"

#include <ringlet/coro/cancel_scope.hpp>

#include <array>

namespace ringlet {

namespace {

constexpr std::size_t discard_size = 4096;

task<> discard_input(stream& closing, std::chrono::milliseconds at_most) {
    const cancel_scope patience(at_most);
    std::array<std::byte, discard_size> discarded;
    std::error_code error;
    while (co_await closing.recv(discarded, error) > 0) {
    }
}

}  // namespace

task<> lingering_close(stream& closing, std::chrono::milliseconds at_most) {
    std::error_code error;
    if (closing.is_open() && closing.idle() && !closing.at_end() && at_most > at_most.zero()) {
        closing.shutdown(stream::how::sending, error);
        if (!error)
            co_await discard_input(closing, at_most);
    }
    co_await closing.close();
}

}  // namespace ringlet
