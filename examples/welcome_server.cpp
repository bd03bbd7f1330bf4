// Greets each client, answers each of its messages, and ends the connection when the client says
// "exit". The server reports these events on its own terminal.

#include "command_line.hpp"
#include "serve_and_tell.hpp"

#include <ringlet/ringlet.hpp>

#include <array>
#include <iostream>
#include <string>
#include <string_view>

namespace {

class welcome : public ringlet::base_request_handler {
    ringlet::task<> handle() override {
        co_await request().send_all("欢迎访问socketserver服务器！");
        std::array<char, 1024> buffer;
        while (const auto size = co_await request().recv(buffer)) {
            const std::string message(buffer.data(), size);
            if (message == "exit") {
                tell("断开与" + client() + "的连接！");
                break;
            }
            tell("来自" + client() + "的客户端向你发来信息：" + message);
            co_await request().send_all("已收到你的消息<", message, ">");
        }
    }

    /// Prints a line with one write, since the handlers of several threads share the terminal.
    static void tell(std::string line) { std::cout << line.append("\n") << std::flush; }

    std::string client() const {
        const auto& address = client_address();
        return "('" + address.host() + "', " + std::to_string(address.port()) + ")";
    }
};

}  // namespace

int main(int argc, char** argv) {
    return run_program(argc, argv, "Greets its clients and answers them.", "127.0.0.1:9999",
                       [](const ringlet::address& address) {
                           ringlet::threading_tcp_server server(address, ringlet::handler<welcome>);
                           std::cout << "启动socketserver服务器！" << std::endl;
                           serve_and_tell(server);
                       });
}
