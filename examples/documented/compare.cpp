#include <ringlet/ringlet.hpp>

#include <iostream>

using namespace std::chrono_literals;

ringlet::task<std::string> ask(ringlet::address peer) {
    ringlet::cancel_scope attempt(5s);  // for all that is awaited below: timed_out after 5 s
    ringlet::stream server = co_await ringlet::connect(peer);
    co_await server.send_all("how are you?\n");
    std::array<char, 512> answer;
    co_return std::string(answer.data(), co_await server.recv(answer));
}

ringlet::task<> print(ringlet::task<std::string> answer) {
    std::cout << co_await std::move(answer);
}

ringlet::task<> compare(ringlet::address one, ringlet::address other) {
    co_await ringlet::task_group::run([&](ringlet::task_group& group) {
        group.spawn(print(ask(one)));    // the group owns tasks that run at the same time
        group.spawn(print(ask(other)));  // the first failure cancels the rest, and is thrown
    });
}

int main() {
    try {
        ringlet::block_on(compare({"127.0.0.1", 9999}, {"::1", 9999}));
    } catch (const std::exception& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
