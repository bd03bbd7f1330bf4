#include "tls_socket.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <new>

namespace {

bool worth_retrying(int error) {
    return error == EAGAIN || error == EINTR;
}

tls_socket& socket_of(BIO* bio) {
    return *static_cast<tls_socket*>(BIO_get_data(bio));
}

int receive(BIO* bio, char* buffer, int size) {
    tls_socket& socket = socket_of(bio);
    BIO_clear_retry_flags(bio);
    if (socket.dry) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const ssize_t received = ::recv(socket.fd, buffer, static_cast<std::size_t>(size), 0);
    socket.dry = received < size;
    socket.ended = received == 0;
    if (received < 0 && worth_retrying(errno))
        BIO_set_retry_read(bio);
    return static_cast<int>(received);
}

int send(BIO* bio, const char* data, int size) {
    tls_socket& socket = socket_of(bio);
    BIO_clear_retry_flags(bio);
    if (socket.hold) {
        const auto* first = reinterpret_cast<const std::byte*>(data);
        socket.held.insert(socket.held.end(), first, first + size);
        return size;
    }
    const ssize_t sent = ::send(socket.fd, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent < 0 && worth_retrying(errno))
        BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

long control(BIO* bio, int command, long, void*) {
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_EOF:
        return socket_of(bio).ended ? 1 : 0;
    default:
        return 0;
    }
}

BIO_METHOD* make_method() {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tls_socket");
    if (method == nullptr)
        throw std::bad_alloc();
    BIO_meth_set_read(method, receive);
    BIO_meth_set_write(method, send);
    BIO_meth_set_ctrl(method, control);
    return method;
}

}  // namespace

BIO* make_bio(tls_socket& socket) {
    static BIO_METHOD* const method = make_method();  // for as long as the process
    BIO* bio = BIO_new(method);
    if (bio == nullptr)
        throw std::bad_alloc();
    BIO_set_data(bio, &socket);
    BIO_set_init(bio, 1);
    return bio;
}

sent send_held(tls_socket& socket) {
    auto& held = socket.held;
    if (held.empty())
        return sent::all;
    const ssize_t count = ::send(socket.fd, held.data(), held.size(), MSG_NOSIGNAL);
    if (count < 0)
        return worth_retrying(errno) ? sent::some : sent::failed;
    held.erase(held.begin(), held.begin() + count);
    if (!held.empty())
        return sent::some;
    held = {};  // gives the memory back
    return sent::all;
}
