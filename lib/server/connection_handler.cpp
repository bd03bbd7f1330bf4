#include <ringlet/server/connection_handler.hpp>
#include <ringlet/server/server.hpp>

#include <exception>

namespace ringlet {

void connection_handler::attach(base_request_handler& made, stream& request, const address& client,
                                server& owner) noexcept {
    made.request_ = &request;
    made.client_ = &client;
    made.server_ = &owner;
}

task<> connection_handler::run(base_request_handler& made) {
    co_await made.setup();
    std::exception_ptr exception;
    try {
        co_await made.handle();
    } catch (...) {
        exception = std::current_exception();
    }
    try {
        co_await made.finish();
    } catch (...) {
        if (exception)
            made.server().report_error(std::exchange(exception, nullptr), made.client_address());
        exception = std::current_exception();
    }
    if (exception)
        std::rethrow_exception(exception);
}

}  // namespace ringlet
