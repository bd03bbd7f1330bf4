// Answers each datagram, whatever its content, with the date and the time, as in RFC 867 over UDP.

#include "command_line.hpp"
#include "serve_and_tell.hpp"

#include <ringlet/ringlet.hpp>

#include <array>
#include <ctime>
#include <string_view>

namespace {

class daytime : public ringlet::datagram_request_handler {
    ringlet::task<> handle() override {
        const std::time_t now = std::time(nullptr);
        std::tm utc{};
        ::gmtime_r(&now, &utc);
        std::array<char, 100> text;
        const auto size =
            std::strftime(text.data(), text.size(), "%A, %B %d, %Y %H:%M:%S-UTC\r\n", &utc);
        co_await wfile().write(std::string_view(text.data(), size));
    }
};

}  // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv, "Tells the time over UDP.", "127.0.0.1:1313",
                       [](const ringlet::address& address) {
                           ringlet::udp_server server(address, ringlet::handler<daytime>);
                           serve_and_tell(server);
                       });
}
