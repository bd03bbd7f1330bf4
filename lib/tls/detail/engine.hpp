#pragma once

#include "openssl.hpp"

#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/detail/byte_buffer.hpp>
#include <ringlet/net/mutable_buffer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace ringlet::tls::detail {

/// TLS as a machine of bytes, which knows of no socket and never waits: records that have come go
/// in, plaintext comes out, and the other way round. It is the only piece that calls OpenSSL for
/// data.
///
/// Whoever has something drives it: `handshake`, `read` and `peek` take records, `write` and
/// `end_sending` make some, and each of them may leave records in the output, which belong to the
/// peer in their order. An engine at rest holds no buffer.
///
/// One thread at a time.
class engine {
public:
    enum class role { client, server };

    /// How a call has ended.
    enum class step {
        done,         ///< It has done what it is called for.
        needs_input,  ///< It can go on when more records have come.
        ended,        ///< The peer has ended its sending side, with close_notify.
        failed,       ///< The connection has failed; `error` tells why.
    };

    /// The plaintext of a record at most. RFC 8446, 5.1.
    static constexpr std::size_t record_max = 16'384;

    /// Plaintext that one `write` takes at most: the records that it makes fit into the largest
    /// block that a loop's frame_pool keeps.
    static constexpr std::size_t write_max = 2 * record_max - 64;

    /// How many bytes that are no answer to the peer's plaintext, but to its demands, may wait to
    /// be sent: a peer that makes more while it reads none has failed.
    static constexpr std::size_t answers_max = 65'536;

    /// How much of what the peer sends is received at once at most: a few records.
    static constexpr std::size_t read_ahead_max = 65'536;

    /// What moves records without the engine's own buffers, from and to OpenSSL's: each byte is
    /// copied once less on either way.
    class shortcut {
    public:
        /// Receives records, or parts of them, that have come. Yields how many bytes, 0 for the end
        /// of the peer's bytes, or less than 0 if there is nothing now.
        virtual std::ptrdiff_t receive(mutable_buffer into) noexcept = 0;

        /// Sends what can go at once of `records`. Yields how many bytes. With `more`, others are
        /// to be expected soon.
        virtual std::size_t send(const_buffer records, bool more) noexcept = 0;

    protected:
        ~shortcut() = default;
    };

    /// Makes an engine for one connection. Throws std::system_error.
    engine(SSL_CTX& context, role side);
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;
    ~engine();

    /// Goes on with the handshake. `input` are bytes that have come from the peer; those that are
    /// not needed yet are kept.
    [[nodiscard]] step handshake(std::span<const std::byte> input = {});

    /// Decrypts what has come into `into`, until it is full or there is no more, and stores in
    /// `size` how many bytes that are. `done` means one or more. Bytes of `input` that do not fit
    /// are kept for the next call.
    [[nodiscard]] step read(mutable_buffer into, std::size_t& size,
                            std::span<const std::byte> input = {});

    /// Finds out whether `read` would end at once: `needs_input` if it would not.
    [[nodiscard]] step peek(std::span<const std::byte> input = {});

    /// Reads and forgets what has come, up to the peer's end: `needs_input` if that is yet to come.
    [[nodiscard]] step drop(std::span<const std::byte> input = {});

    /// Has `read`, `peek` and `drop` receive from `way`, while there may be something, and `write`
    /// send to it, while there is no other output. Lifetime: `way` outlives the engine.
    void use(shortcut& way) noexcept { shortcut_ = &way; }

    /// Notes whether there may be something to receive from the shortcut.
    void note_receivable(bool there) noexcept { receivable_ = there && shortcut_ != nullptr; }

    /// Notes that no more bytes will come from the peer.
    void end_input() noexcept { input_ended_ = true; }

    /// Whether the peer sends nothing any more.
    [[nodiscard]] bool input_ended() const noexcept {
        return input_ended_ || (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    }

    /// Encrypts the plaintext of `buffers`, one after the other, without its first `from` bytes and
    /// no more than `write_max`. Small buffers go into a record together. Returns how many bytes it
    /// has taken: 1 or more, unless there are none or the connection has failed.
    [[nodiscard]] std::size_t write(std::span<const const_buffer> buffers, std::size_t from = 0);

    /// Ends the sending side, with close_notify, if it has not ended.
    void end_sending();

    /// Whether the sending side has ended.
    [[nodiscard]] bool sending_ended() const noexcept {
        return (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0;
    }

    /// Whether there are bytes for the peer.
    [[nodiscard]] bool has_output() const noexcept {
        return !outputs_[0].empty() || !outputs_[1].empty();
    }

    /// Whether the peer does not wait for the output with which the handshake has ended: a server's
    /// tickets of TLS 1.3.
    [[nodiscard]] bool output_can_wait() const noexcept {
        return SSL_is_server(ssl_.get()) != 0 && SSL_version(ssl_.get()) >= TLS1_3_VERSION;
    }

    /// How many bytes there are for the peer.
    [[nodiscard]] std::size_t output_size() const noexcept {
        return outputs_[0].size() + outputs_[1].size();
    }

    /// Bytes for the peer, the next ones to go. They stay where they are, whatever is called, until
    /// `sent` has taken all of them.
    [[nodiscard]] std::string_view output() noexcept;

    /// Takes the first `count` of the bytes that `output` has given: they have gone.
    void sent(std::size_t count) noexcept;

    /// Why the connection has failed, or no error.
    [[nodiscard]] std::error_code error() const noexcept { return error_; }

    /// Has the connection fail with `error`, if it has not failed.
    void fail(std::error_code error) noexcept {
        if (!error_)
            error_ = error;
    }

    /// Whether there is a connection that can carry data: the handshake is over, and nothing has
    /// failed.
    [[nodiscard]] bool established() const noexcept { return agreed_ && !error_; }

    /// OpenSSL's own object, to be set up or asked.
    [[nodiscard]] SSL& ssl() const noexcept { return *ssl_; }

    /// The engine of a connection.
    [[nodiscard]] static engine& of(const SSL& connection) noexcept;

    /// Under which name a client keeps the session of this connection; empty for none.
    std::string session_name;

    /// Why this end has refused the peer, if OpenSSL cannot know it.
    std::error_code refusal;

    /// How many records of TLS 1.3 this end encrypts with one key, before it takes the next one.
    /// AES-GCM is good for a few more than these: RFC 8446, 5.5.
    std::uint64_t records_per_key = std::uint64_t{1} << 24U;

private:
    struct bio;

    template <class Call>
    step run(std::span<const std::byte> input, const Call& call);
    step step_of(int result);
    void take_next_key() noexcept;
    std::size_t receive(mutable_buffer into) noexcept;
    void add_output(const_buffer records);
    bool more_input() const noexcept {
        return !kept_.empty() || !fresh_.empty() || SSL_has_pending(ssl_.get()) != 0;
    }

    /// Whether a read of `input` would find nothing: the usual case, which OpenSSL need not see.
    bool has_nothing_for(std::span<const std::byte> input) const noexcept {
        return input.empty() && !receivable_ && !more_input() && !input_ended() && !error_;
    }

    ssl_pointer ssl_;
    shortcut* shortcut_ = nullptr;
    std::span<const std::byte> fresh_;      // what has come, during a call
    ringlet::detail::byte_buffer kept_{0};  // what had come, and was not needed
    std::array<ringlet::detail::byte_buffer, 2> outputs_;
    std::size_t filling_ = 0;     // the output to which records are added; the other is being sent
    std::size_t answers_ = 0;     // bytes of the output that no `write` has made
    std::uint64_t records_ = 0;   // those that `write` has made with the present key
    std::size_t expected_ = 0;    // how much output a `write` that is under way may make
    bool writing_ = false;        // whether a `write` is under way
    bool more_to_write_ = false;  // whether other records will follow that of the `write`
    bool receivable_ = false;     // whether the shortcut may have something
    bool received_ = false;       // whether the present call has received from it
    bool agreed_ = false;         // whether the handshake is over
    bool input_ended_ = false;
    bool out_of_memory_ = false;
    std::error_code error_;
};

}  // namespace ringlet::tls::detail
