#pragma once

#include <ringlet/server/accepted.hpp>
#include <ringlet/server/any_handler.hpp>
#include <ringlet/server/datagram_request.hpp>
#include <ringlet/server/server.hpp>

namespace ringlet {

namespace detail {
class bounded_dispatcher;
}  // namespace detail

class datagram_receiver;

/// A server of datagrams. For each datagram it calls these hooks, in this order: `get_request`,
/// `verify_request`, `process_request`, the steps of `server_options::establish`, and
/// `finish_request`, which calls the handler. An exception
/// of a hook goes to `handle_error`, and the server goes on. The server also goes on when the
/// network reports that an answer did not reach anybody. But serving ends where `get_request`
/// throws before a datagram has come.
///
/// A client that receives no answers holds up no other: replies wait for room for a bounded time,
/// `server_options::reply_timeout`, and few of them at a time.
class datagram_server : public server {
public:
    using request_type = datagram_request;

    ~datagram_server() override;

    /// Whether the server handles this datagram or drops it. By default it handles every datagram.
    [[nodiscard]] virtual bool verify_request(const datagram& received, const address& client);

protected:
    /// Makes a server and binds it to `local`, unless the options say otherwise. Throws as
    /// bound_socket::open does.
    datagram_server(const address& local, any_handler<datagram_request> handler,
                    const server_options& options);

    /// Makes a server that takes over a datagram socket, which keeps its address. Throws
    /// std::system_error if the socket cannot be served.
    datagram_server(bound_socket adopted, any_handler<datagram_request> handler,
                    const server_options& options);

    /// Makes a server that takes over the socket `inherited`, with the options that concern how it
    /// sends and receives; or, where it is none, a server at `otherwise`. Throws as the other
    /// constructors do.
    datagram_server(named_socket inherited, const address& otherwise,
                    any_handler<datagram_request> handler, const server_options& options);

    /// Waits for the next datagram.
    [[nodiscard]] virtual task<datagram> get_request(datagram_receiver& receiving);

    /// Decides the fate of a datagram. By default it hands the datagram over, to be handled where
    /// `server_options::concurrency` says. An override that does not hand the datagram over refuses
    /// it.
    virtual void process_request(accepted<datagram> request);

    /// Handles one datagram by calling the handler. It runs in the thread or process to which the
    /// datagram was given.
    [[nodiscard]] virtual task<> finish_request(datagram_request& request, const address& client);

private:
    class incoming;
    class reply_wait_limit;
    friend accepted<datagram>;

    void activate(bound_socket& bound) const override;
    std::unique_ptr<detail::request_source> open_source(bound_socket& from, bool ahead) override;

    void process(datagram&& received, detail::bounded_dispatcher& handlers) noexcept;
    template <class Coroutine, class Received>
    Coroutine serve_request(Received received, int through, detail::bounded_dispatcher* place);
    task<> finish_in_time(datagram_request& request, const address& client);
    task<std::unique_ptr<address>> establish(datagram_request& request);

    any_handler<datagram_request> handler_;
    std::unique_ptr<reply_wait_limit> wait_limit_;
};

}  // namespace ringlet
