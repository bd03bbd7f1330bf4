#include "base/detail/valid_timeout.hpp"
#include "net/detail/address_holder.hpp"
#include "net/detail/door.hpp"
#include "net/detail/hand_over_mark.hpp"
#include "net/detail/path_binding.hpp"
#include "net/detail/valid_options.hpp"

#include <ringlet/net/bound_socket.hpp>

#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <filesystem>
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
    require_valid_timeout(options.dead_holder_timeout, "bind_options: dead_holder_timeout");
}

bound_socket bound_socket::open(network& net, const address& local, int type,
                                const bind_options& options) {
    if (local.family() == AF_UNSPEC)
        throw std::invalid_argument("bound_socket: the address to bind to is missing");
    detail::require_valid(options);
    const bool path_stays = !local.path().empty() && !options.replace_stale;
    detail::wait_for_holder holder(local, type, options.dead_holder_timeout);
    for (;;) {
        try {
            return open_now(net, local, type, options);
        } catch (const std::system_error& error) {
            if (error.code() != std::errc::address_in_use || !net.in_system() || path_stays ||
                !holder.again())
                throw;
        }
    }
}

bound_socket bound_socket::open_now(network& net, const address& local, int type,
                                    const bind_options& options) {
    const bool makes_file = !local.path().empty() && net.in_system();
    bound_socket bound;
    if (!options.shared)
        bound.maker_ = ::getpid();
    try {
        bound.socket_ = ringlet::socket::open(net, local.family(), type);
        set_options(bound.socket_, local.family(), type, options);
        if (!makes_file)
            bound.socket_.bind(local);
        if (!options.shared && type == SOCK_STREAM && local.family() != AF_UNIX)
            bound.door_ = std::make_shared<detail::door>();
    } catch (const std::system_error& error) {
        detail::throw_unbound(local, error.code());
    }
    if (makes_file)
        bound.file_ = detail::bind_to_path(bound.socket_, local, options);
    return bound;
}

bound_socket bound_socket::adopt(ringlet::socket adopted, int type) {
    bound_socket checked(std::move(adopted));
    checked.require(type);
    return checked;
}

bound_socket bound_socket::succeed(ringlet::socket inherited) {
    bound_socket taken(std::move(inherited));
    taken.maker_ = ::getpid();
    const address local = taken.local_address();
    if (local.family() != AF_UNIX && taken.is_listening())
        taken.door_ = std::make_shared<detail::door>();
    else if (!local.path().empty())
        taken.file_ = detail::socket_file(std::filesystem::absolute(local.path()));
    taken.mark()->set(true);
    return taken;
}

std::shared_ptr<detail::hand_over_mark> bound_socket::mark() {
    if (!mark_ && maker_ == ::getpid()) {
        mark_ = std::make_shared<detail::hand_over_mark>(false);
        file_.stay_while(mark_);
    }
    return mark_;
}

void bound_socket::end_as(const bind_options& options) noexcept {
    if (options.shared)
        maker_ = no_process;
    if (options.shared || !options.unlink_on_close)
        file_.release();
}

bool bound_socket::may_be_ended() const noexcept {
    return is_open() && maker_ == ::getpid() && !(mark_ && mark_->is_set());
}

bool bound_socket::refuse_clients() noexcept {
    if (!may_be_ended())
        return false;
    file_.remove();
    try {
        if (!is_listening())
            return false;
        if (door_) {
            door_->close(socket_);
            return true;
        }
        socket_.shutdown(SHUT_RD);
    } catch (const std::system_error&) {
        // the clients that come in until the listening ends are reset then
    }
    return false;
}

void bound_socket::admit(network& net, int accepted) const noexcept {
    if (door_)
        door_->admit(net, accepted);
}

// A Unix socket that shutdown(2) has ended still has the option.
bool bound_socket::is_listening() const noexcept {
    try {
        return socket_.get_option<int>(SOL_SOCKET, SO_ACCEPTCONN) != 0 &&
               (ready_events(POLLRDHUP) & POLLRDHUP) == 0;
    } catch (const std::system_error&) {
        return false;
    }
}

bool bound_socket::has_backlog() const noexcept {
    return ready_events(POLLIN) == POLLIN;
}

/// Those of the events for poll(2) that are there now, and POLLHUP and POLLERR.
int bound_socket::ready_events(int wanted) const noexcept {
    return std::max(socket_.net().ready_events(native_handle(), wanted), 0);
}

// A listening TCP socket ends for all processes by shutdown(2), and its port is free for every
// socket with SO_REUSEADDR. A Unix socket has ended when it refuses clients.
void bound_socket::stop_listening() noexcept {
    if (!may_be_ended())
        return;
    file_.remove();
    try {
        if (is_listening())
            socket_.shutdown(SHUT_RD);
    } catch (const std::system_error&) {
        // another process has ended it already
    }
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
    if (type != SOCK_DGRAM && !is_listening())
        refuse(std::errc::invalid_argument, "it does not listen");
}

}  // namespace ringlet
