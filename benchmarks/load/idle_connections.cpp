#include "idle_connections.hpp"

#include "../checked.hpp"
#include "closed_loop.hpp"
#include "dial.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;

constexpr auto timeout = 5s;

void exchange_message(const descriptor& socket, std::vector<std::byte>& message) {
    const auto size = static_cast<ssize_t>(message.size());
    if (::send(socket.get(), message.data(), message.size(), MSG_NOSIGNAL) != size ||
        ::recv(socket.get(), message.data(), message.size(), MSG_WAITALL) != size)
        throw server_failure("no answer on a connection that is to be idle");
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
        while (held.size() < settings.idle_connections) {
            held.push_back(dial(server, timeout));
            exchange_message(held.back(), message);
        }
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
