#include "../tls_socket.hpp"
#include "closed_loop.hpp"
#include "tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <string>

namespace {

struct freed {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* connection) const { SSL_free(connection); }
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};

class session_memory final : public tls_memory {
public:
    std::unique_ptr<SSL_SESSION, freed> session;
};

// All clients ask for the same, so that every server has the same work. The certificate is of no
// use but here, and is not checked.
SSL_CTX* make_context() {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    if (context == nullptr || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
        SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") != 1 ||
        SSL_CTX_set1_groups_list(context, "X25519") != 1)
        throw std::bad_alloc();
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context, [](SSL* tls, SSL_SESSION* session) {
        auto* memory = static_cast<session_memory*>(SSL_get_app_data(tls));
        if (memory == nullptr)
            return 0;
        memory->session.reset(session);
        return 1;
    });
    return context;
}

class tls_channel final : public channel {
public:
    // `memory` may be null.
    tls_channel(descriptor socket, session_memory* memory) : channel(std::move(socket)) {
        static SSL_CTX* const context = make_context();  // for as long as the process
        tls_.reset(SSL_new(context));
        if (tls_ == nullptr)
            throw std::bad_alloc();
        socket_.fd = native_handle();
        socket_.hold = false;
        BIO* bio = make_bio(socket_);
        SSL_set_bio(tls_.get(), bio, bio);
        SSL_set_connect_state(tls_.get());
        SSL_set_app_data(tls_.get(), memory);
        resumes_ = memory != nullptr && memory->session != nullptr;
        if (resumes_)
            SSL_set_session(tls_.get(), memory->session.get());
    }

    bool establish() override {
        socket_.dry = false;
        const int result = SSL_do_handshake(tls_.get());
        awaits_peer_ = result != 1 && stops(result) && SSL_want_read(tls_.get());
        return result == 1;
    }

    ssize_t send(std::span<const std::byte> bytes) override {
        if (!SSL_is_init_finished(tls_.get()))
            socket_.dry = false;
        std::size_t done = 0;
        for (std::size_t count = 0; done < bytes.size(); done += count)
            if (SSL_write_ex(tls_.get(), bytes.data() + done, bytes.size() - done, &count) != 1) {
                awaits_peer_ = stops(0) && SSL_want_read(tls_.get());
                return done > 0 ? static_cast<ssize_t>(done) : -1;
            }
        awaits_peer_ = false;
        if (std::exchange(resumes_, false) && SSL_session_reused(tls_.get()) != 1)
            throw server_failure("the session was not resumed");
        return static_cast<ssize_t>(done);
    }

    ssize_t receive(std::span<std::byte> buffer) override {
        socket_.dry = false;
        std::size_t done = 0;
        for (std::size_t count = 0; done < buffer.size(); done += count)
            if (SSL_read_ex(tls_.get(), buffer.data() + done, buffer.size() - done, &count) != 1) {
                if (!stops(0) && done == 0)
                    return 0;
                break;
            }
        return done > 0 ? static_cast<ssize_t>(done) : -1;
    }

    bool has_more() const noexcept override { return SSL_has_pending(tls_.get()) && !socket_.dry; }

    bool awaits_peer() const noexcept override { return awaits_peer_; }

    void close() override {
        SSL_shutdown(tls_.get());
        channel::close();
    }

private:
    // Whether a call has to be tried again later, and errno then says so; false at the end of the
    // stream. Throws server_failure where the connection is broken.
    bool stops(int result) {
        const int error_of_system = errno;
        switch (SSL_get_error(tls_.get(), result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
            errno = EAGAIN;
            return true;
        case SSL_ERROR_ZERO_RETURN:
            return false;
        case SSL_ERROR_SYSCALL:
            throw server_failure(std::string("TLS: ") + std::strerror(error_of_system));
        default:
            const char* reason = ERR_reason_error_string(ERR_get_error());
            throw server_failure(std::string("TLS: ") + (reason == nullptr ? "broken" : reason));
        }
    }

    tls_socket socket_;
    std::unique_ptr<SSL, freed> tls_;
    bool resumes_ = false;
    bool awaits_peer_ = false;
};

}  // namespace

bool has_tls() noexcept {
    return true;
}

std::unique_ptr<channel> open_channel(descriptor socket, const load_settings& load,
                                      std::shared_ptr<tls_memory>& memory) {
    if (load.tls == handshakes::none)
        return std::make_unique<channel>(std::move(socket));
    if (load.tls == handshakes::full)
        return std::make_unique<tls_channel>(std::move(socket), nullptr);
    if (memory == nullptr)
        memory = std::make_shared<session_memory>();
    return std::make_unique<tls_channel>(std::move(socket),
                                         static_cast<session_memory*>(memory.get()));
}
