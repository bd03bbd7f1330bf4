#pragma once

#include <sys/socket.h>

#include <utility>

namespace ringlet::detail {

/// The messages that coroutines send in one turn of a loop. At its end those of one socket go to
/// the kernel together, by one sendmmsg(2), which takes less CPU time than an SQE for each. A
/// message that is alone goes through the ring, with the loop's next `enter`.
///
/// One thread: the loop's.
class send_batch {
public:
    /// A message that is to be sent, and the operation that waits for it, which must not end while
    /// the message is in a batch.
    class message {
    protected:
        explicit message(int fd) noexcept : socket_(fd) {}
        ~message() = default;

        msghdr header_;  // filled in before the message is added

    private:
        friend send_batch;

        /// Has the ring send the message, unless the operation was asked to end meanwhile: then it
        /// is tried at once, since the ring would have had it before.
        [[nodiscard]] virtual bool send_alone() = 0;

        /// Takes the result of sendmmsg(2) for the message: its size or `-errno`. It may resume the
        /// coroutine, and add messages to the batch, which are sent in the next turn.
        virtual void sent(int result) = 0;

        int socket_;
        message* next_ = nullptr;
    };

    send_batch() noexcept = default;
    send_batch(const send_batch&) = delete;
    send_batch& operator=(const send_batch&) = delete;

    /// Whether no message is there to be sent.
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

    /// Adds a message that is prepared; it is sent after those that are there.
    void add(message& added) noexcept {
        added.next_ = nullptr;
        *std::exchange(end_, &added.next_) = &added;
    }

    /// Sends all messages that are there, as far as the kernel takes them without waiting.
    void send();

private:
    /// Sends messages of one socket, and gives the oldest that is left.
    static message* send_first(message* oldest);

    message* first_ = nullptr;
    message** end_ = &first_;  // where the next one is added
};

}  // namespace ringlet::detail
