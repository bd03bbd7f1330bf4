#include "epoll_tls_streams.hpp"

#include "../checked.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace {

// Room for a few records. More in one recv, and one send, brings nothing more.
constexpr std::size_t read_ahead_max = 64 * 1024;

[[noreturn]] void fail(const std::string& what) {
    const char* reason = ERR_reason_error_string(ERR_get_error());
    throw std::runtime_error(what + ": " + (reason == nullptr ? "unknown" : reason));
}

}  // namespace

epoll_tls_streams::epoll_tls_streams(int listener, int stop, const server_main::options& chosen)
    : context_(SSL_CTX_new(TLS_server_method())),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")), listener_(listener),
      stop_(stop) {
    SSL_CTX* context = context_.get();
    if (SSL_CTX_use_certificate_chain_file(context, chosen.tls_certificate.c_str()) != 1)
        fail(chosen.tls_certificate);
    if (SSL_CTX_use_PrivateKey_file(context, chosen.tls_key.c_str(), SSL_FILETYPE_PEM) != 1)
        fail(chosen.tls_key);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, read_ahead_max);
    // Sessions are in the tickets, which clients keep.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    constexpr unsigned char id[] = "echo";
    SSL_CTX_set_session_id_context(context, id, sizeof id);
    if (!control(EPOLL_CTL_ADD, listener_, EPOLLIN, &listener_) ||
        !control(EPOLL_CTL_ADD, stop_, EPOLLIN, &stop_))
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

epoll_tls_streams::~epoll_tls_streams() {
    ::close(epoll_);
}

void epoll_tls_streams::run() {
    for (;;) {
        const int count =
            ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), -1);
        if (count < 0 && errno != EINTR)
            throw std::system_error(errno, std::generic_category(), "epoll_wait");
        for (int i = 0; i < count; ++i) {
            void* about = events_[static_cast<std::size_t>(i)].data.ptr;
            if (about == &stop_)
                return;
            if (about == &listener_)
                accept_all();
            else
                serve(*static_cast<connection*>(about));
        }
    }
}

void epoll_tls_streams::accept_all() {
    for (;;) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            add_connection(fd);
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR && errno != ECONNABORTED)
            throw std::system_error(errno, std::generic_category(), "accept4");
    }
}

void epoll_tls_streams::add_connection(int fd) {
    auto added = std::make_unique<connection>();
    added->socket.fd = fd;
    added->tls.reset(SSL_new(context_.get()));
    if (added->tls == nullptr)
        throw std::bad_alloc();
    SSL_set_accept_state(added->tls.get());
    BIO* bio = make_bio(added->socket);
    SSL_set_bio(added->tls.get(), bio, bio);
    connection* c = added.release();
    if (!control(EPOLL_CTL_ADD, fd, EPOLLIN, c))
        drop(*c);
}

void epoll_tls_streams::drop(connection& c) {
    ::close(c.socket.fd);
    delete &c;  // of no other event of this turn: a descriptor is in the epoll set once
}

// Serves until nothing more can be done without another event, and sends what is held.
void epoll_tls_streams::serve(connection& c) {
    c.socket.dry = false;
    step ended = step::done;
    if (send_held(c.socket) == sent::all)
        ended = proceed(c);
    const sent held = send_held(c.socket);
    if (ended == step::over || held == sent::failed)
        return drop(c);
    if (held == sent::all && SSL_is_init_finished(c.tls.get()))
        c.socket.hold = false;
    watch(c, held == sent::some || SSL_want_write(c.tls.get()) ? EPOLLOUT : EPOLLIN);
}

epoll_tls_streams::step epoll_tls_streams::proceed(connection& c) {
    if (!SSL_is_init_finished(c.tls.get()))
        if (const step established = establish(c); established != step::done)
            return established;
    if (!c.unsent.empty()) {
        const auto rest = std::move(c.unsent);
        c.unsent = {};
        if (const step written = write(c, rest.data(), rest.size()); written != step::done)
            return written;
    }
    // Epoll does not tell of records that OpenSSL has already.
    step echoed;
    do
        echoed = echo(c);
    while (echoed == step::done && SSL_has_pending(c.tls.get()));
    return echoed;
}

epoll_tls_streams::step epoll_tls_streams::establish(connection& c) {
    const int result = SSL_do_handshake(c.tls.get());
    return result == 1 ? step::done : after_failure(c, result);
}

epoll_tls_streams::step epoll_tls_streams::echo(connection& c) {
    const int received = SSL_read(c.tls.get(), buffer_.data(), static_cast<int>(buffer_.size()));
    if (received <= 0)
        return after_failure(c, received);
    if (SSL_has_pending(c.tls.get()))
        c.socket.hold_for(read_ahead_max);
    return write(c, buffer_.data(), static_cast<std::size_t>(received));
}

epoll_tls_streams::step epoll_tls_streams::write(connection& c, const std::byte* data,
                                                 std::size_t size) {
    const int result = SSL_write(c.tls.get(), data, static_cast<int>(size));
    if (result > 0)
        return step::done;  // all of it, without SSL_MODE_ENABLE_PARTIAL_WRITE
    const step ended = after_failure(c, result);
    if (ended == step::waits)
        c.unsent.assign(data, data + size);
    return ended;
}

epoll_tls_streams::step epoll_tls_streams::after_failure(connection& c, int result) const {
    switch (SSL_get_error(c.tls.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return step::waits;
    case SSL_ERROR_ZERO_RETURN:
        SSL_shutdown(c.tls.get());
        return step::over;
    default:
        ERR_clear_error();
        return step::over;
    }
}

void epoll_tls_streams::watch(connection& c, std::uint32_t events) {
    if (events == c.watched)
        return;
    c.watched = events;
    if (!control(EPOLL_CTL_MOD, c.socket.fd, events, &c))
        drop(c);
}

bool epoll_tls_streams::control(int operation, int fd, std::uint32_t events, void* data) noexcept {
    epoll_event event{};
    event.events = events;
    event.data.ptr = data;
    return ::epoll_ctl(epoll_, operation, fd, &event) == 0;
}
