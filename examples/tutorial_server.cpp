// The second server of the socketserver tutorial. It sends all data back, and its handler shuts the
// server down when a client has gone.

#include "command_line.hpp"
#include "serve_and_tell.hpp"

#include <ringlet/ringlet.hpp>

#include <array>
#include <iostream>
#include <string_view>

namespace {

class echo : public ringlet::stream_request_handler {
    ringlet::task<> handle() override {
        std::array<char, 1024> buffer;
        while (const auto size = co_await request().recv(buffer)) {
            const std::string_view data(buffer.data(), size);
            std::cout << "Receive Data: " << data << std::endl;
            co_await request().send_all(data);
        }
        server().shutdown();
    }
};

}  // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv, "Echoes until a client has gone.", "localhost:10888",
                       [](const ringlet::address& address) {
                           ringlet::tcp_server server(address, ringlet::handler<echo>);
                           serve_and_tell(server);
                       });
}
