#include "inet_sockets.hpp"

#include <ringlet/base/detail/owned_descriptor.hpp>

#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>

namespace ringlet::detail {

namespace {

std::size_t checked(ssize_t result, const char* call) {
    if (result < 0)
        throw std::system_error(errno, std::system_category(), call);
    return static_cast<std::size_t>(result);
}

void ask(const owned_descriptor& kernel, int family, int protocol, std::uint16_t port,
         std::uint32_t states) {
    struct {
        nlmsghdr header;
        inet_diag_req_v2 wanted;
    } request{};
    request.header.nlmsg_len = sizeof(request);
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.wanted.sdiag_family = static_cast<std::uint8_t>(family);
    request.wanted.sdiag_protocol = static_cast<std::uint8_t>(protocol);
    request.wanted.idiag_states = states;
    request.wanted.id.idiag_sport = htons(port);
    checked(::send(kernel.native_handle(), &request, sizeof(request), 0), "sock_diag");
}

/// Adds the sockets that one message has, of several parts. Returns whether more will come.
bool take_answer(const owned_descriptor& kernel, std::vector<inet_diag_msg>& found) {
    alignas(nlmsghdr) std::array<std::byte, 32768> answer;
    auto left = static_cast<unsigned>(
        checked(::recv(kernel.native_handle(), answer.data(), answer.size(), 0), "sock_diag"));
    const auto* part = reinterpret_cast<const nlmsghdr*>(answer.data());
    for (; NLMSG_OK(part, left); part = NLMSG_NEXT(part, left)) {
        if (part->nlmsg_type == NLMSG_ERROR)
            throw std::system_error(-static_cast<const nlmsgerr*>(NLMSG_DATA(part))->error,
                                    std::system_category(), "sock_diag");
        if (part->nlmsg_type != SOCK_DIAG_BY_FAMILY)
            return false;
        found.push_back(*static_cast<const inet_diag_msg*>(NLMSG_DATA(part)));
    }
    return true;
}

}  // namespace

std::vector<inet_diag_msg> inet_sockets_at(int protocol, std::uint16_t port, std::uint32_t states) {
    const owned_descriptor kernel(
        ::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), "socket");
    std::vector<inet_diag_msg> found;
    for (const int family : {AF_INET, AF_INET6}) {
        ask(kernel, family, protocol, port, states);
        while (take_answer(kernel, found)) {
        }
    }
    return found;
}

}  // namespace ringlet::detail
