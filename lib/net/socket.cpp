#include <ringlet/net/socket.hpp>

namespace ringlet {

namespace {

int check_call(int result, const char* call) {
    if (result < 0)
        throw std::system_error(-result, std::system_category(), call);
    return result;
}

using name_call = int (network::*)(int, sockaddr*, socklen_t*) noexcept;

address ask_name(network& net, int fd, name_call call, const char* name) {
    sockaddr_storage native{};
    socklen_t size = sizeof(native);
    auto* const any = reinterpret_cast<sockaddr*>(&native);
    check_call((net.*call)(fd, any, &size), name);
    return address::from(any, size);
}

}  // namespace

socket socket::open(network& net, int family, int type) {
    return {net, check_call(net.open(family, type, 0), "socket")};
}

socket::socket(network& net, int fd) noexcept : net_(&net), fd_(fd < 0 ? fd : net.own(fd)) {}

socket::~socket() {
    if (is_open())
        net_->close(release());
}

int socket::release() noexcept {
    if (is_open())
        net_->disown(fd_);
    return std::exchange(fd_, -1);
}

void socket::bind(const address& local, error_sink error) {
    const int result = net_->bind(fd_, local.data(), local.size());
    error.report(std::error_code(-result, std::system_category()), "bind");
}

void socket::listen(int backlog) {
    check_call(net_->listen(fd_, backlog), "listen");
}

void socket::shutdown(int how, error_sink error) {
    const int result = net_->shutdown(fd_, how);
    error.report(std::error_code(-result, std::system_category()), "shutdown");
}

address socket::local_address() const {
    return ask_name(*net_, fd_, &network::local_address, "getsockname");
}

address socket::peer_address() const {
    return ask_name(*net_, fd_, &network::peer_address, "getpeername");
}

void socket::set_option(int level, int name, const void* value, socklen_t size) {
    check_call(net_->set_option(fd_, level, name, value, size), "setsockopt");
}

void socket::get_option(int level, int name, void* value, socklen_t size) const {
    check_call(net_->get_option(fd_, level, name, value, &size), "getsockopt");
}

}  // namespace ringlet
