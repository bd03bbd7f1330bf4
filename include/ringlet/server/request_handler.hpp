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

/// `of` as the class that it is of. Throws std::logic_error where it is of another.
template <class Server>
Server& own_server(server& of) {
    if (auto* const own = dynamic_cast<Server*>(&of))
        return *own;
    throw std::logic_error("a handler asks for a server of another class than the one that calls "
                           "it; give it to a server of that class");
}

}  // namespace detail

/// The part that the handlers of all kinds of requests have in common. A handler class derives from
/// base_request_handler, stream_request_handler or datagram_request_handler and overrides `handle`;
/// a server is given `ringlet::handler<that_class>`.
///
/// For each request an object is made, then `setup`, `handle` and `finish` run, one after the
/// other. `finish` runs whatever `handle` throws, but not if `setup` threw. The object lives until
/// all three have ended. An override need not call the function that it overrides: what the
/// framework does for the handler, such as to flush what is buffered, it does around them.
///
/// One thread: that of the loop in which the request is handled.
class request_handler {
public:
    request_handler() = default;
    request_handler(const request_handler&) = delete;
    request_handler& operator=(const request_handler&) = delete;
    virtual ~request_handler() = default;

    [[nodiscard]] virtual task<> setup();
    [[nodiscard]] virtual task<> handle() = 0;
    [[nodiscard]] virtual task<> finish();

    /// The peer's address; without a family where it has none, or had gone before the server could
    /// ask for it. Not before `setup`: the constructor has none yet.
    [[nodiscard]] const address& client_address() const noexcept { return *attached(client_); }

    /// The server that the request came to. Not before `setup`: the constructor has none yet.
    [[nodiscard]] ringlet::server& server() const noexcept { return *attached(server_); }

    /// The server that the request came to, as a class of one's own. Throws std::logic_error where
    /// it is not of that class. Not before `setup`: the constructor has none yet.
    ///
    ///     auto& hall = server<chat_server>();
    template <class Server>
    [[nodiscard]] Server& server() const {
        return detail::own_server<Server>(server());
    }

    /// Runs setup, handle and finish, for a server. Where both of the latter throw, the server is
    /// told of both.
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
    /// nothing to do; `handled` says whether `handle` and `finish` have returned, and not thrown.
    [[nodiscard]] virtual task<> end_handling(bool /*handled*/) { return {}; }

    const address* client_ = nullptr;
    ringlet::server* server_ = nullptr;
};

namespace detail {

/// A handler, as a class, of the requests that a server serves: `Request` is a connected stream, or
/// a datagram_request.
template <class Request>
class basic_request_handler : public request_handler {
public:
    [[nodiscard]] Request& request() const noexcept { return *attached(request_); }

    /// For a server: sets the request that `request` yields.
    void attach(Request& request) noexcept { request_ = &request; }

private:
    Request* request_ = nullptr;
};

/// A handler class, and what its objects are made from.
template <class T, class... Arguments>
struct handler_of {
    std::tuple<Arguments...> arguments;
};

/// The type of `handler<T>`, which stands for the class alone, or is called with arguments.
template <class T>
struct handler_class {
    template <class... Arguments>
    [[nodiscard]] constexpr handler_of<T, std::decay_t<Arguments>...>
    operator()(Arguments&&... arguments) const {
        return {{std::forward<Arguments>(arguments)...}};
    }
};

}  // namespace detail

/// The handler of a connection, as a class, with nothing done for it. See stream_request_handler
/// for one that sets the connection up and can buffer it.
using base_request_handler = detail::basic_request_handler<stream>;

/// Names a handler class to a server, which makes an object of it for each request:
///
///     tcp_server server({"127.0.0.1", 9999}, handler<echo>);
///     tcp_server server({"127.0.0.1", 9999}, handler<files>(root, std::ref(cache)));
///
/// Arguments are copied once, and each object is made from the same copies, as constants. An
/// argument that the handlers share and change is given as a std::ref; where the server has several
/// threads, they change it at the same time.
template <class T>
inline constexpr detail::handler_class<T> handler{};

}  // namespace ringlet
