#include <ringlet/server/stream_request_handler.hpp>

namespace ringlet {

namespace {

std::size_t buffer_size(int wanted, std::size_t default_size) noexcept {
    return wanted < 0 ? default_size : static_cast<std::size_t>(wanted);
}

}  // namespace

void stream_request_handler::begin_handling() {
    // The listener turns TCP_NODELAY on for all its connections.
    if (!disable_nagle_algorithm && client_address().family() != AF_UNIX)
        connection().set_no_delay(false);
}

task<> stream_request_handler::end_handling(bool /*handled*/) {
    return wfile_ && wfile_->buffered() > 0 ? flush() : task<>();
}

task<> stream_request_handler::flush() {
    co_await wfile_->flush();
}

reader<stream>& stream_request_handler::rfile() {
    if (!rfile_) {
        reader_options options{.timeout = timeout, .message_timeout = message_timeout};
        options.buffer_size = buffer_size(rbufsize, options.buffer_size);
        rfile_.emplace(connection(), options);
        tie();
    }
    return *rfile_;
}

writer<stream>& stream_request_handler::wfile() {
    if (!wfile_) {
        writer_options options{.timeout = timeout};
        options.buffer_size = buffer_size(wbufsize, options.buffer_size);
        wfile_.emplace(connection(), options);
        tie();
    }
    return *wfile_;
}

void stream_request_handler::tie() noexcept {
    if (rfile_ && wfile_)
        rfile_->tie(*wfile_);
}

}  // namespace ringlet
