#include <ringlet/server/datagram_request_handler.hpp>

namespace ringlet {

task<> datagram_request_handler::end_handling(bool handled) {
    return wfile_ && handled ? answer() : task<>();
}

task<> datagram_request_handler::answer() {
    co_await wfile_->flush();
    if (!stream().sent().empty())
        co_await request().reply(stream().sent());
}

detail::packet_stream& datagram_request_handler::stream() {
    if (!stream_)
        stream_.emplace(packet());
    return *stream_;
}

reader<detail::packet_stream>& datagram_request_handler::rfile() {
    if (!rfile_)
        rfile_.emplace(stream());
    return *rfile_;
}

writer<detail::packet_stream>& datagram_request_handler::wfile() {
    if (!wfile_)
        wfile_.emplace(stream());
    return *wfile_;
}

}  // namespace ringlet
