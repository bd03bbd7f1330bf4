#include <ringlet/server/request_handler.hpp>
#include <ringlet/server/server.hpp>

#include <exception>
#include <utility>

namespace ringlet {

task<> request_handler::setup() {
    co_return;
}

task<> request_handler::finish() {
    co_return;
}

task<> request_handler::run(const address& client, ringlet::server& owner) {
    client_ = &client;
    server_ = &owner;
    co_await setup();
    std::exception_ptr exception;
    try {
        co_await handle();
        handled_ = true;
    } catch (...) {
        exception = std::current_exception();
    }
    try {
        co_await finish();
    } catch (...) {
        if (exception)
            owner.report_error(std::exchange(exception, nullptr), client);
        exception = std::current_exception();
    }
    if (exception)
        std::rethrow_exception(exception);
}

}  // namespace ringlet
