#include <ringlet/ringlet.hpp>

class welcome : public ringlet::stream_request_handler {
    ringlet::task<> handle() override {
        co_await request().send_all("Welcome, ", client_address().host(), "!\n");
    }
};

int main() {
    ringlet::tcp_server server({"localhost", 9999}, ringlet::handler<welcome>);
    ringlet::serve_until_signal(server);
}
