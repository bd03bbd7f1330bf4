#pragma once

#include <ringlet/base/detail/check.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/stream.hpp>

#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ringlet {

class server;

namespace detail {

/// `owner` as a `Server`. Throws std::logic_error where `owner` is of another class.
template <class Server>
Server& own_server(server& owner) {
    if (auto* const own = dynamic_cast<Server*>(&owner))
        return *own;
    throw std::logic_error("a handler asks for a server of another class than the one that calls "
                           "it; give it to a server of that class");
}

}  // namespace detail

/// The part that the handlers of all kinds of requests have in common. A handler class derives from
/// base_request_handler, stream_request_handler or datagram_request_handler and overrides `handle`.
/// The program gives `ringlet::handler<that_class>` to a server.
///
/// The server makes an object for each request and runs its `setup`, `handle` and `finish`, one
/// after the other. `finish` runs even if `handle` throws, but not if `setup` throws. The object
/// lives until all three have ended. An override need not call the function that it overrides: the
/// framework takes its own steps, such as flushing buffered output, around these functions.
///
/// One thread: that of the loop in which the handler runs.
class request_handler {
public:
    request_handler() = default;
    request_handler(const request_handler&) = delete;
    request_handler& operator=(const request_handler&) = delete;
    virtual ~request_handler() = default;

    /// Prepares the handler for its request. By default it does nothing.
    [[nodiscard]] virtual task<> setup();

    /// Handles the request.
    [[nodiscard]] virtual task<> handle() = 0;

    /// Cleans up after `handle`, even where `handle` threw. By default it does nothing.
    [[nodiscard]] virtual task<> finish();

    /// The peer's address. It has no family where the peer has no address, or had gone before the
    /// server could ask for it. A handler can ask from `setup` on, but not in its constructor.
    [[nodiscard]] const address& client_address() const noexcept { return *attached(client_); }

    /// The server that the request came to. A handler can ask from `setup` on, but not in its
    /// constructor.
    [[nodiscard]] ringlet::server& server() const noexcept { return *attached(server_); }

    /// The server that the request came to, as a class of the program's own. Throws
    /// std::logic_error where the server is not of that class. A handler can ask from `setup` on,
    /// but not in its constructor.
    ///
    ///     auto& hall = server<chat_server>();
    template <class Server>
    [[nodiscard]] Server& server() const {
        return detail::own_server<Server>(server());
    }

    /// For servers: runs `setup`, `handle` and `finish`. Where several of these steps throw, the
    /// server is told of each exception.
    [[nodiscard]] task<> run(const address& client, ringlet::server& owner);

protected:
    template <class T>
    static T* attached(T* pointer) noexcept {
        detail::check(pointer != nullptr, "a request handler was asked for its request in its "
                                          "constructor; do that in setup() or handle()");
        return pointer;
    }

private:
    /// The framework's own step between `setup` and `handle`.
    virtual void begin_handling() {}

    /// The framework's own step after `finish`, or a task that holds no coroutine where there is
    /// nothing to do. `handled` says whether both `handle` and `finish` returned without an
    /// exception.
    [[nodiscard]] virtual task<> end_handling(bool /*handled*/) { return {}; }

    const address* client_ = nullptr;
    ringlet::server* server_ = nullptr;
};

namespace detail {

/// A handler class that knows its request: `Request` is a connected stream or a datagram_request.
template <class Request>
class basic_request_handler : public request_handler {
public:
    /// The request to handle. A handler can ask from `setup` on, but not in its constructor.
    [[nodiscard]] Request& request() const noexcept { return *attached(request_); }

    /// For servers: sets the request that `request` yields.
    void attach(Request& request) noexcept { request_ = &request; }

private:
    Request* request_ = nullptr;
};

/// A handler class, and the arguments from which its objects are made.
template <class T, class... Arguments>
struct handler_of {
    std::tuple<Arguments...> arguments;
};

/// The type of `handler<T>`, which stands for the handler class alone. A call of it adds arguments.
template <class T>
struct handler_class {
    template <class... Arguments>
    [[nodiscard]] constexpr handler_of<T, std::decay_t<Arguments>...>
    operator()(Arguments&&... arguments) const {
        return {{std::forward<Arguments>(arguments)...}};
    }
};

}  // namespace detail

/// A handler class for a connection, which leaves the connection as it is. See
/// stream_request_handler for a class that sets the connection up and can buffer it.
using base_request_handler = detail::basic_request_handler<stream>;

/// Names a handler class to a server, which makes an object of it for each request:
///
///     tcp_server server({"127.0.0.1", 9999}, handler<echo>);
///     tcp_server server({"127.0.0.1", 9999}, handler<files>(root, std::ref(cache)));
///
/// The server copies the arguments once and makes each object from these copies, as constants. Pass
/// an argument that the handlers share and change as a std::ref; in a server with several threads,
/// handlers change it at the same time.
template <class T>
inline constexpr detail::handler_class<T> handler{};

}  // namespace ringlet
