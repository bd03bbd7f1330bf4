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

/// A server of datagrams. For each datagram these hooks are called, in this order: `get_request`,
/// `verify_request`, `process_request`, and `finish_request` with the handler in it. An exception
/// of a hook goes to `handle_error`, and the server goes on, as it does when the network reports
/// that an answer found nobody. But where `get_request` throws before a datagram has come, there is
/// no next one, and serving ends.
class datagram_server : public server {
public:
    using request_type = datagram_request;

    ~datagram_server() override = default;

    /// Whether this datagram is to be handled; if not, it is dropped. By default, yes.
    [[nodiscard]] virtual bool verify_request(const datagram& received, const address& client);

protected:
    /// Binds to `local`, unless the options say otherwise. Throws as bound_socket::open.
    datagram_server(const address& local, any_handler<datagram_request> handler,
                    const server_options& options);

    /// Takes over a datagram socket that has an address, which stays its own. Throws
    /// std::system_error if it cannot be served.
    datagram_server(bound_socket adopted, any_handler<datagram_request> handler,
                    const server_options& options);

    /// Waits for the next datagram.
    [[nodiscard]] virtual task<datagram> get_request(datagram_receiver& receiving);

    /// Decides what becomes of a datagram. By default it is handed over, to be handled where
    /// `server_options::concurrency` says. An override that does not hand it over has refused it.
    virtual void process_request(accepted<datagram> request);

    /// Handles one datagram, in the thread or process that it has been given to: calls the handler.
    [[nodiscard]] virtual task<> finish_request(datagram_request& request, const address& client);

private:
    class incoming;
    friend accepted<datagram>;

    void activate(bound_socket& bound) const override;
    std::unique_ptr<detail::request_source> open_source(bound_socket& from, bool ahead) override;

    void process(datagram&& received, detail::bounded_dispatcher& handlers) noexcept;
    task<> serve_request(datagram received, int through);

    any_handler<datagram_request> handler_;
};

}  // namespace ringlet
