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

    // Of several exceptions this function throws the last, and reports the earlier ones to the
    // server.
    std::exception_ptr failure;
    const auto note_failure = [&] {
        if (failure)
            owner.report_error(std::exchange(failure, nullptr), client);
        failure = std::current_exception();
    };
    try {
        co_await handle();
    } catch (...) {
        note_failure();
    }
    try {
        co_await finish();
    } catch (...) {
        note_failure();
    }
    try {
        if (task<> end_step = end_handling(failure == nullptr); end_step.valid())
            co_await std::move(end_step);
    } catch (...) {
        note_failure();
    }
    if (failure)
        std::rethrow_exception(failure);
}

}  // namespace ringlet
