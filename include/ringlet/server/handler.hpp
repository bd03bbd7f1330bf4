#pragma once

namespace ringlet {

/// The type of `handler<T>`.
template <class T>
struct handler_type {};

/// Names a handler class to a server, which makes an object of it for each connection:
/// `tcp_server server({"localhost", 10888}, handler<my_handler>);`
template <class T>
inline constexpr handler_type<T> handler{};

}  // namespace ringlet
