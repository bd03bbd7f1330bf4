#include "predecessor.hpp"
#include "environment.hpp"

#include <ringlet/coro/poll.hpp>

#include <fcntl.h>
#include <sys/socket.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

namespace ringlet::daemon::detail {

namespace {

constexpr const char* no_sense = "it does not say what a predecessor would";

}  // namespace

predecessor::predecessor(int link, std::string owned) noexcept
    : link_(link, variable), owned_(std::move(owned)) {}

predecessor* predecessor::of_this_process() {
    static std::unique_ptr<predecessor> known;
    const std::optional<std::string> value = take_variable(variable);
    if (!value)
        return known.get();
    const std::size_t first = value->find(':');
    const std::size_t second = value->find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos)
        refuse_variable(variable, *value, no_sense);
    if (!names_this_process(variable, value->substr(0, first)))
        return known.get();
    const std::optional<std::uint64_t> fd = number_in(value->substr(first + 1, second - first - 1));
    if (!fd || *fd > std::numeric_limits<int>::max() ||
        ::fcntl(static_cast<int>(*fd), F_SETFD, FD_CLOEXEC) < 0)
        refuse_variable(variable, *value, no_sense);
    known.reset(new predecessor(static_cast<int>(*fd), value->substr(second + 1)));
    return known.get();
}

task<> predecessor::replace() {
    const int link = link_.native_handle();
    ::send(link, &ready, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
    char answer = 0;
    while (::recv(link, &answer, 1, MSG_DONTWAIT) < 0)
        co_await poll(link, POLLIN);
    link_ = {};
}

}  // namespace ringlet::daemon::detail
