#include "idle_connections.hpp"

#include "../checked.hpp"
#include "closed_loop.hpp"
#include "dial.hpp"
#include "tls.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;

constexpr auto timeout = 5s;

// Goes on with `step` until it has moved all of `bytes`, waiting for the server where it has to.
template <class Step>
void complete(channel& connection, std::span<std::byte> bytes, short event, Step step) {
    while (!bytes.empty()) {
        const ssize_t moved = step(bytes);
        if (moved > 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(moved));
            continue;
        }
        const bool later = moved < 0 && (errno == EAGAIN || errno == EINTR);
        const short awaited = connection.awaits_peer() ? short{POLLIN} : event;
        pollfd ready{connection.native_handle(), awaited, 0};
        if (!later || ::poll(&ready, 1, timeout / 1ms) != 1)
            throw server_failure("no answer on a connection that is to be idle");
    }
}

// A connection on which a message has gone there and back. Of TLS only the socket is kept, since
// nothing more is to come; the server keeps all that it needs for more.
descriptor exchange_message(const endpoint& server, const load_settings& settings,
                            std::vector<std::byte>& message) {
    descriptor socket = dial(server, timeout);
    checked(::fcntl(socket.get(), F_SETFL, O_NONBLOCK), "O_NONBLOCK");
    std::shared_ptr<tls_memory> none;
    const auto connection = open_channel(std::move(socket), settings, none);
    complete(*connection, message, POLLOUT, [&](auto bytes) { return connection->send(bytes); });
    complete(*connection, message, POLLIN, [&](auto bytes) { return connection->receive(bytes); });
    return connection->release();
}

// Says what went wrong, or nothing, and holds the connections until it is killed.
[[noreturn]] void hold(int report, const endpoint& server, const load_settings& settings) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    constexpr int kept = STDERR_FILENO + 1;  // the connections of others must not live on here
    if (report != kept)
        ::dup2(report, kept);
    ::close_range(kept + 1, ~0U, 0);
    std::vector<descriptor> held;
    std::string fault;
    try {
        std::vector<std::byte> message(settings.message_bytes);
        while (held.size() < settings.idle_connections)
            held.push_back(exchange_message(server, settings, message));
    } catch (const std::exception& error) {
        fault = error.what();
    }
    if (::write(kept, fault.data(), fault.size()) < 0)
        ::_exit(1);
    ::close(kept);
    for (;;)
        ::pause();
}

}  // namespace

idle_connections::idle_connections(const endpoint& server, const load_settings& settings) {
    int ends[2];
    checked(::pipe2(ends, O_CLOEXEC), "pipe2");
    const descriptor report(ends[0]);
    descriptor reported(ends[1]);
    holder_ = checked(::fork(), "fork");
    if (holder_ == 0)
        hold(reported.get(), server, settings);
    reported.close();
    std::array<char, 256> text{};
    const ssize_t length = ::read(report.get(), text.data(), text.size());
    if (length == 0)
        return;
    end();  // a constructor that throws has no destructor to rely on
    throw server_failure(length < 0 ? "read"
                                    : std::string(text.data(), static_cast<std::size_t>(length)));
}

idle_connections::~idle_connections() {
    end();
}

void idle_connections::end() noexcept {
    ::kill(holder_, SIGKILL);
    ::waitpid(holder_, nullptr, 0);
}
