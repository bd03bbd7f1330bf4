// Talks to the chat server: shows what comes, and sends what is typed, at the same time. It ends
// with the server's side of the conversation.

#include "command_line.hpp"

#include <ringlet/ringlet.hpp>

#include <string>

namespace {

ringlet::task<> send_what_is_typed(ringlet::descriptor_stream& terminal, ringlet::stream& server) {
    co_await ringlet::copy(terminal, server);
    co_await server.end_sending();
}

ringlet::task<> chat(std::string address) {
    ringlet::stream server = co_await ringlet::connect(address);
    ringlet::descriptor_stream terminal = ringlet::standard_streams();
    co_await ringlet::task_group::run([&](ringlet::task_group& group) -> ringlet::task<> {
        group.spawn(send_what_is_typed(terminal, server));
        co_await ringlet::copy(server, terminal);
        group.cancel();  // nobody listens any more
    });
    co_await server.close();
}

}  // namespace

int main(int argc, char** argv) {
    std::string address = "127.0.0.1:9999";
    return run_program(argc, argv, "Talks to the chat server.",
                       {{"--address", &address, "HOST:PORT of the server"}},
                       [&] { ringlet::block_on(chat(address)); });
}
