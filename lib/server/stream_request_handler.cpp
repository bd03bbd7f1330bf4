#include <ringlet/server/stream_request_handler.hpp>

namespace ringlet {

task<> stream_request_handler::setup() {
    // The listener's sockets come with it on.
    if (!disable_nagle_algorithm && client_address().family() != AF_UNIX)
        connection().set_no_delay(false);
    co_return;
}

}  // namespace ringlet
