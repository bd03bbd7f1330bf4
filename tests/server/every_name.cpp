// The twelve servers, by their names.

#include "catch.hpp"
#include "every_server.hpp"
#include "leftovers.hpp"
#include "serving_thread.hpp"

namespace tests::server_every_name {

namespace {

template <class Server>
void check_echo(transport over, Server& server) {
    const serving_thread serving(server);
    CHECK(asking_client(over, server.server_address()).ask("hello") == "hello");
}

template <class Server, class HandlerClass>
void check_both_handlers(transport over) {
    const leftovers nothing;
    const free_place place(over);
    {
        Server server(place.address(), echo_back);
        check_echo(over, server);
    }
    {
        Server server(place.address(), ringlet::handler<HandlerClass>);
        check_echo(over, server);
    }
    nothing.check();
}

template <class Server>
void check_streams(transport over) {
    check_both_handlers<Server, echoing_stream>(over);
}

template <class Server>
void check_datagrams(transport over) {
    check_both_handlers<Server, echoing_datagram>(over);
}

}  // namespace

TEST_CASE("each of the twelve servers is made in one line, with a function or a class",
          "[server]") {
    check_streams<ringlet::tcp_server>(transport::tcp);
    check_streams<ringlet::threading_tcp_server>(transport::tcp);
    check_streams<ringlet::forking_tcp_server>(transport::tcp);
    check_datagrams<ringlet::udp_server>(transport::udp);
    check_datagrams<ringlet::threading_udp_server>(transport::udp);
    check_datagrams<ringlet::forking_udp_server>(transport::udp);
    check_streams<ringlet::unix_stream_server>(transport::unix_stream);
    check_streams<ringlet::threading_unix_stream_server>(transport::unix_stream);
    check_streams<ringlet::forking_unix_stream_server>(transport::unix_stream);
    check_datagrams<ringlet::unix_datagram_server>(transport::unix_datagram);
    check_datagrams<ringlet::threading_unix_datagram_server>(transport::unix_datagram);
    check_datagrams<ringlet::forking_unix_datagram_server>(transport::unix_datagram);
}

}  // namespace tests::server_every_name
