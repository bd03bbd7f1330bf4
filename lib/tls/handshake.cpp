#include <ringlet/tls/handshake.hpp>

#include <ringlet/tls/upgrade.hpp>

#include <utility>

namespace ringlet::tls {

task<> handshake::operator()(stream& connection, address& /*client*/) const {
    connection = co_await upgrade(std::move(connection), context_);
}

}  // namespace ringlet::tls
