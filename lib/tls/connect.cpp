#include <ringlet/tls/connect.hpp>

#include "tls/detail/client_state.hpp"
#include "tls/detail/upgrade_to.hpp"

#include <memory>
#include <utility>

namespace ringlet::tls {

namespace {

task<stream> connect_and_upgrade(std::string host, int port,
                                 std::shared_ptr<detail::client_state> context,
                                 connect_options options, error_sink error) {
    stream plain = co_await ringlet::connect(host, port, options, error);
    if (!plain.is_open())
        co_return plain;
    co_return co_await detail::upgrade_to(std::move(plain), context, host, port, error);
}

}  // namespace

task<stream> connect(std::string host, int port, const client_context& context,
                     connect_options options, error_sink error) {
    if (context.state()->verifies())
        static_cast<void>(detail::verified_host(host));
    return connect_and_upgrade(std::move(host), port, context.state(), options, error);
}

}  // namespace ringlet::tls
