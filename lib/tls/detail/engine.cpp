#include "engine.hpp"

#include "error_codes.hpp"

#include <ringlet/tls/errc.hpp>

#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace ringlet::tls::detail {

// Lets OpenSSL read and write the engine's own buffers: those of a memory BIO would cost a copy
// more, and would be kept.
struct engine::bio {
    static int read(BIO* self, char* into, std::size_t size, std::size_t* count) noexcept {
        engine& from = *static_cast<engine*>(BIO_get_data(self));
        BIO_clear_retry_flags(self);
        if (!from.kept_.empty()) {
            *count = std::min(size, from.kept_.size());
            std::memcpy(into, from.kept_.view().data(), *count);
            from.kept_.consume(*count);
            if (from.kept_.empty())
                from.kept_.release();
            return 1;
        }
        *count = std::min(size, from.fresh_.size());
        if (*count > 0) {
            std::memcpy(into, from.fresh_.data(), *count);
            from.fresh_ = from.fresh_.subspan(*count);
            return 1;
        }
        if (from.receivable_ && !from.received_ && !from.input_ended_) {
            *count = from.receive(mutable_buffer(into, size));
            if (*count > 0)
                return 1;
        }
        if (!from.input_ended_)
            BIO_set_retry_read(self);
        return 0;
    }

    static int write(BIO* self, const char* bytes, std::size_t size, std::size_t* count) noexcept {
        engine& to = *static_cast<engine*>(BIO_get_data(self));
        BIO_clear_retry_flags(self);
        const std::size_t gone =
            to.writing_ && to.shortcut_ != nullptr && !to.has_output()
                ? to.shortcut_->send(const_buffer(bytes, size), to.more_to_write_)
                : 0;
        try {
            to.add_output(const_buffer(bytes + gone, size - gone));
        } catch (const std::bad_alloc&) {
            to.out_of_memory_ = true;
            return 0;
        }
        *count = size;
        return 1;
    }

    static long control(BIO* self, int command, long /*number*/, void* /*argument*/) noexcept {
        const engine& asked = *static_cast<const engine*>(BIO_get_data(self));
        switch (command) {
        case BIO_CTRL_EOF:
            return asked.input_ended_ && asked.kept_.empty() && asked.fresh_.empty() ? 1 : 0;
        case BIO_CTRL_FLUSH:
            return 1;
        default:
            return 0;
        }
    }

    static BIO_METHOD* method() {
        // Kept for good: connections may outlive the end of main.
        static BIO_METHOD* const own = [] {
            BIO_METHOD* const made =
                BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ringlet's buffers");
            require(made != nullptr, "BIO_meth_new");
            BIO_meth_set_read_ex(made, read);
            BIO_meth_set_write_ex(made, write);
            BIO_meth_set_ctrl(made, control);
            return made;
        }();
        return own;
    }
};

namespace {

/// Drops the errors that others have left in this thread, which SSL_get_error would take for those
/// of the next call. There are none, as a rule, and to look is much cheaper than to clear.
void drop_old_errors() noexcept {
    if (ERR_peek_error() != 0)
        ERR_clear_error();
}

/// The next record's plaintext, from byte number `from` of `buffers` on: a part of one of them, or
/// what is in several, copied into `gathered`.
std::string_view next_record(std::span<const const_buffer> buffers, std::size_t from,
                             std::span<char> gathered) noexcept {
    std::size_t i = 0;
    while (i < buffers.size() && from >= buffers[i].size())
        from -= buffers[i++].size();
    if (i == buffers.size())
        return {};
    const auto part = [&](std::size_t index, std::size_t offset) {
        return std::string_view(static_cast<const char*>(buffers[index].data()) + offset,
                                buffers[index].size() - offset);
    };
    const std::string_view first = part(i, from);
    if (first.size() >= gathered.size() || i + 1 == buffers.size())
        return first.substr(0, gathered.size());
    std::size_t size = first.copy(gathered.data(), gathered.size());
    while (++i < buffers.size() && size < gathered.size())
        size += part(i, 0).copy(gathered.data() + size, gathered.size() - size);
    return {gathered.data(), size};
}

}  // namespace

engine::engine(SSL_CTX& context, role side)
    : ssl_(SSL_new(&context)), outputs_{ringlet::detail::byte_buffer(0),
                                        ringlet::detail::byte_buffer(0)} {
    require(ssl_ != nullptr, "SSL_new");
    BIO* const buffers = BIO_new(bio::method());
    require(buffers != nullptr, "BIO_new");
    BIO_set_data(buffers, this);
    BIO_set_init(buffers, 1);
    SSL_set_bio(ssl_.get(), buffers, buffers);  // which owns it
    SSL_set_app_data(ssl_.get(), this);
    SSL_set_read_ahead(ssl_.get(), 1);
    SSL_set_default_read_buffer_len(ssl_.get(), read_ahead_max);
    if (side == role::client)
        SSL_set_connect_state(ssl_.get());
    else
        SSL_set_accept_state(ssl_.get());
}

// OpenSSL lets no session be taken up of a connection that was not ended both ways. That was a rule
// of SSL 3; TLS keeps the session unless the connection has failed.
engine::~engine() {
    if (!error_)
        SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

engine& engine::of(const SSL& connection) noexcept {
    return *static_cast<engine*>(SSL_get_app_data(&connection));
}

/// Receives from the shortcut, once in a call: a peer that floods this end with what carries no
/// data keeps no call from ending. Yields how many bytes, 0 if there are none.
std::size_t engine::receive(mutable_buffer into) noexcept {
    received_ = true;
    const std::ptrdiff_t count = shortcut_->receive(into);
    receivable_ = count == static_cast<std::ptrdiff_t>(into.size());
    input_ended_ = count == 0;
    return static_cast<std::size_t>(std::max<std::ptrdiff_t>(count, 0));
}

/// Adds `records` to the output. Throws std::bad_alloc.
void engine::add_output(const_buffer records) {
    if (records.size() == 0)
        return;
    ringlet::detail::byte_buffer& filling = outputs_[filling_];
    const std::size_t expected = filling.size() + std::max(expected_, records.size());
    static_cast<void>(filling.prepare(expected, expected));
    filling.append(records);
}

/// Runs `call` with `input` at hand, then keeps what is left of it.
template <class Call>
engine::step engine::run(std::span<const std::byte> input, const Call& call) {
    if (error_)
        return step::failed;
    const bool shaken_hands = agreed_;  // what a handshake has to say is bounded by itself
    const std::size_t output_before = output_size();
    fresh_ = input;
    received_ = false;
    drop_old_errors();
    const step ended = call();
    if (shaken_hands)
        answers_ += output_size() - output_before;
    try {
        if (!error_)
            kept_.append(const_buffer(fresh_.data(), fresh_.size()));
    } catch (const std::bad_alloc&) {  // what is lost here, no later call can do without
        fail(std::make_error_code(std::errc::not_enough_memory));
    }
    fresh_ = {};
    if (answers_ > answers_max) {
        fail(errc::too_much_to_answer);
        return step::failed;
    }
    return ended;
}

/// What the `result` of a call of OpenSSL's means. A failure is noted.
engine::step engine::step_of(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE:
        return step::done;
    case SSL_ERROR_WANT_READ:
        if (!input_ended_)
            return step::needs_input;
        break;
    case SSL_ERROR_ZERO_RETURN:
        return step::ended;
    default:
        break;
    }
    if (out_of_memory_)
        fail(std::make_error_code(std::errc::not_enough_memory));
    else
        fail(refusal ? refusal : connection_error(ssl_.get(), !agreed_));
    ERR_clear_error();
    return step::failed;
}

engine::step engine::handshake(std::span<const std::byte> input) {
    return run(input, [&] {
        const step reached = step_of(SSL_do_handshake(ssl_.get()));
        agreed_ = agreed_ || reached == step::done;
        return reached;
    });
}

engine::step engine::read(mutable_buffer into, std::size_t& size,
                          std::span<const std::byte> input) {
    size = 0;
    if (has_nothing_for(input))
        return step::needs_input;
    return run(input, [&] {
        step ended = step::needs_input;
        std::size_t count = 0;
        do {
            count = 0;
            const int result = SSL_read_ex(ssl_.get(), static_cast<char*>(into.data()) + size,
                                           into.size() - size, &count);
            ended = step_of(result);
            size += count;
            // A record that does not fit would be copied in two pieces; the next one may be as
            // long.
        } while (ended == step::done && size + count <= into.size() && more_input());
        return size > 0 ? step::done : ended;  // a failure or the end is told by the next call
    });
}

engine::step engine::peek(std::span<const std::byte> input) {
    if (has_nothing_for(input))
        return step::needs_input;
    return run(input, [&] {
        char first = 0;
        std::size_t count = 0;
        return step_of(SSL_peek_ex(ssl_.get(), &first, 1, &count));
    });
}

engine::step engine::drop(std::span<const std::byte> input) {
    std::array<char, 4096> dropped;
    std::size_t size = 0;
    step reached = read(dropped, size, input);
    while (reached == step::done)
        reached = read(dropped, size);
    return reached;
}

std::size_t engine::write(std::span<const const_buffer> buffers, std::size_t from) {
    if (error_)
        return 0;
    const std::size_t left = ringlet::detail::total_size(buffers) - from;
    const std::size_t wanted = std::min(left, write_max);
    writing_ = true;
    std::array<char, record_max> gathered;
    std::size_t taken = 0;
    while (taken < wanted) {
        const std::span room(gathered.data(), std::min(record_max, wanted - taken));
        const std::string_view record = next_record(buffers, from + taken, room);
        std::size_t count = 0;
        expected_ = wanted - taken + 64;
        more_to_write_ = taken + record.size() < left || SSL_has_pending(ssl_.get()) != 0;
        drop_old_errors();
        if (++records_ > records_per_key) [[unlikely]]
            take_next_key();
        const int result = SSL_write_ex(ssl_.get(), record.data(), record.size(), &count);
        if (step_of(result) != step::done) {
            fail(errc::protocol_error);  // such as a wish for input, which no send may wait for
            break;
        }
        taken += count;
    }
    writing_ = false;
    expected_ = 0;
    return taken;
}

/// Has the next record be the first with another key, and the peer be told so before. The keys of
/// TLS 1.2 cannot be changed.
void engine::take_next_key() noexcept {
    records_ = 1;
    if (SSL_version(ssl_.get()) >= TLS1_3_VERSION)
        static_cast<void>(SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED));
}

void engine::end_sending() {
    if (!established() || sending_ended())
        return;
    drop_old_errors();
    if (SSL_shutdown(ssl_.get()) < 0)
        static_cast<void>(step_of(-1));
}

std::string_view engine::output() noexcept {
    if (outputs_[1 - filling_].empty())
        filling_ = 1 - filling_;
    return outputs_[1 - filling_].view();
}

void engine::sent(std::size_t count) noexcept {
    ringlet::detail::byte_buffer& sending = outputs_[1 - filling_];
    sending.consume(count);
    if (sending.empty())
        sending.release();
    if (!has_output())
        answers_ = 0;
}

}  // namespace ringlet::tls::detail
