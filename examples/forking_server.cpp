// Forks a process for each client, so that no client can harm another one's process. The process
// obeys `crash`, `hang` and `exit STATUS`, and sends any other line back. The server reports the
// processes that fail on stderr.

#include "command_line.hpp"
#include "serve_and_tell.hpp"

#include <ringlet/ringlet.hpp>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

namespace {

[[noreturn]] void hang() {
    for (;;)  // this blocks the loop too, which belongs to this process alone
        std::this_thread::sleep_for(std::chrono::hours(1));
}

class obedient : public ringlet::stream_request_handler {
    ringlet::task<> handle() override {
        constexpr std::string_view exit = "exit ";
        while (const auto line = co_await rfile().read_line()) {
            if (*line == "crash")
                std::abort();
            if (*line == "hang")
                hang();
            if (line->starts_with(exit))
                std::_Exit(std::stoi(std::string(line->substr(exit.size()))));
            co_await wfile().print(*line, "\n");
        }
    }
};

}  // namespace

int main(int argc, char** argv) {
    std::string address = "127.0.0.1:9999";
    ringlet::server_options options;
    return run_program(
        argc, argv, "Does what its clients say, each in a process of its own.",
        {{"--address", &address, "HOST:PORT, as in 127.0.0.1:9999 or [::1]:0"},
         {"--max-children", &options.max_children, "Processes at a time; other clients wait"}},
        [&] {
            ringlet::forking_tcp_server server(ringlet::address::parse(address),
                                               ringlet::handler<obedient>, options);
            serve_and_tell(server);
        });
}
