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
    begin_handling();

    // Of several exceptions the last is thrown, and the server is told of those before it.
    std::exception_ptr failure;
    const auto failed = [&] {
        if (failure)
            owner.report_error(std::exchange(failure, nullptr), client);
        failure = std::current_exception();
    };
    try {
        co_await handle();
    } catch (...) {
        failed();
    }
    try {
        co_await finish();
    } catch (...) {
        failed();
    }
    try {
        if (task<> last = end_handling(failure == nullptr); last.valid())
            co_await std::move(last);
    } catch (...) {
        failed();
    }
    if (failure)
        std::rethrow_exception(failure);
}

}  // namespace ringlet
