#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/memory_stream.hpp>

namespace ringlet {

void memory_stream::shutdown(stream::how side) noexcept {
    if (side != stream::how::sending)
        incoming_->shutdown(stream::how::receiving);
    if (side != stream::how::receiving)
        outgoing_->shutdown(stream::how::sending);
}

task<> memory_stream::close() {
    const shield closing(loop::require_current("close"));
    incoming_->cancel_receive();
    outgoing_->cancel_send();
    shutdown(stream::how::both);
    co_await yield();  // the cancelled coroutines have gone on by then
}

task<> memory_stream::abort() {
    outgoing_->reset();
    return close();
}

}  // namespace ringlet
