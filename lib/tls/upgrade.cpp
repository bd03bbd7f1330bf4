#include <ringlet/tls/upgrade.hpp>

#include "tls/detail/client_state.hpp"
#include "tls/detail/layer.hpp"
#include "tls/detail/upgrade_to.hpp"

#include <ringlet/coro/cancel_scope.hpp>

#include <memory>
#include <utility>

namespace ringlet::tls {

namespace {

/// Makes the handshake of `secured`, and yields the stream on it. `peer` names the other end in the
/// error's text.
task<stream> secure(loop& owner, std::unique_ptr<detail::layer> secured, std::string peer,
                    error_sink error) {
    std::error_code failure;
    {
        const cancel_scope limit(secured->handshake_timeout());
        co_await secured->handshake(failure);
    }
    if (failure)
        co_await secured->give_up(failure);
    error.report(failure, [&] { return "no TLS with " + peer; });
    if (failure)
        co_return stream(owner, socket());
    co_return stream(owner, std::move(secured));
}

}  // namespace

task<stream> upgrade(stream plain, const client_context& context, const std::string& host,
                     error_sink error) {
    return detail::upgrade_to(std::move(plain), context.state(), host, 0, error);
}

task<stream> detail::upgrade_to(stream plain, const std::shared_ptr<client_state>& context,
                                const std::string& host, int port, error_sink error) {
    loop& owner = plain.owner();
    auto secured = std::make_unique<detail::layer>(std::move(plain), context);
    context->prepare(secured->machine(), host, port);
    return secure(owner, std::move(secured), host.empty() ? "the server" : host, error);
}

task<stream> upgrade(stream plain, const server_context& context, error_sink error) {
    loop& owner = plain.owner();
    return secure(owner, std::make_unique<detail::layer>(std::move(plain), context.state()),
                  "the client", error);
}

}  // namespace ringlet::tls
