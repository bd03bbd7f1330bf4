#include "net/detail/path_binding.hpp"
#include "net/detail/valid_options.hpp"

#include <ringlet/net/bound_socket.hpp>

#include <netinet/in.h>

#include <stdexcept>
#include <string>
#include <system_error>

namespace ringlet {

namespace {

constexpr mode_t all_permissions = 0777;

void set_options(socket& opened, int family, int type, const bind_options& options) {
    if (family == AF_UNIX)
        return;
    if (type == SOCK_STREAM)
        opened.set_option(SOL_SOCKET, SO_REUSEADDR, int{options.reuse_address});
    opened.set_option(SOL_SOCKET, SO_REUSEPORT, int{options.reuse_port});
    if (family == AF_INET6)
        opened.set_option(IPPROTO_IPV6, IPV6_V6ONLY, int{options.v6_only});
}

bool has_name(const address& local) {
    return local.family() == AF_UNIX ? !local.host().empty() : local.port() != 0;
}

std::string name_of_type(int type) {
    switch (type) {
    case SOCK_STREAM:
        return "SOCK_STREAM";
    case SOCK_DGRAM:
        return "SOCK_DGRAM";
    case SOCK_SEQPACKET:
        return "SOCK_SEQPACKET";
    default:
        return "type " + std::to_string(type);
    }
}

}  // namespace

void detail::require_valid(const bind_options& options) {
    if (options.mode.value_or(0) > all_permissions)
        throw std::invalid_argument("bind_options: mode must be 0 to 0777");
}

bound_socket bound_socket::open(network& net, const address& local, int type,
                                const bind_options& options) {
    if (local.family() == AF_UNSPEC)
        throw std::invalid_argument("bound_socket: the address to bind to is missing");
    detail::require_valid(options);
    const bool has_path = !local.path().empty();
    bound_socket bound;
    try {
        bound.socket_ = ringlet::socket::open(net, local.family(), type);
        set_options(bound.socket_, local.family(), type, options);
        if (!has_path)
            bound.socket_.bind(local);
    } catch (const std::system_error& error) {
        detail::throw_unbound(local, error.code());
    }
    if (has_path)
        bound.file_ = detail::bind_to_path(bound.socket_, local, options);
    return bound;
}

bound_socket bound_socket::adopt(ringlet::socket adopted, int type) {
    bound_socket checked(std::move(adopted));
    checked.require(type);
    return checked;
}

void bound_socket::require(int type) const {
    const auto refuse = [this](std::errc error, const std::string& why) {
        throw std::system_error(std::make_error_code(error), "socket " +
                                                                 std::to_string(native_handle()) +
                                                                 " cannot be served: " + why);
    };
    const int family = socket_.get_option<int>(SOL_SOCKET, SO_DOMAIN);
    if (family != AF_INET && family != AF_INET6 && family != AF_UNIX)
        refuse(std::errc::address_family_not_supported, "it is of address family " +
                                                            std::to_string(family) +
                                                            ", neither of the internet nor Unix");
    if (const int found = socket_.get_option<int>(SOL_SOCKET, SO_TYPE); found != type)
        refuse(std::errc::wrong_protocol_type,
               "it is of " + name_of_type(found) + ", not " + name_of_type(type));
    if (type == SOCK_DGRAM && !has_name(local_address()))
        refuse(std::errc::invalid_argument, "it is bound to no address");
    if (type != SOCK_DGRAM && socket_.get_option<int>(SOL_SOCKET, SO_ACCEPTCONN) == 0)
        refuse(std::errc::invalid_argument, "it does not listen");
}

}  // namespace ringlet
