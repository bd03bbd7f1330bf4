#include <ringlet/net/detail/memory_pipe.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace ringlet::detail {

namespace {

constexpr std::size_t capacity_max = std::size_t{1} << 30U;  // a result is an int

std::size_t checked_capacity(std::size_t capacity) {
    if (capacity == 0 || capacity > capacity_max)
        throw std::invalid_argument("memory_pipe: the capacity must be 1 byte to 1 GiB");
    return capacity;
}

}  // namespace

memory_pipe::memory_pipe(std::size_t capacity) : bytes_(checked_capacity(capacity)) {}

bool memory_pipe::recv_operation::attempt() {
    if (!nobody_ahead())
        throw std::logic_error("recv: another one is pending on this pipe; await it first");
    if (pipe_.reset_ && !pipe_.broken_)
        result_ = -ECONNRESET;
    if (pipe_.bytes_.empty())
        return pipe_.bytes_.ended() || pipe_.broken_;
    pipe_.take(*this);
    if (pipe_.sending()) {
        auto& sender = static_cast<send_operation&>(pipe_.senders_.front());
        pipe_.put(sender);
        if (sender.satisfied())
            sender.grant();
    }
    return true;
}

bool memory_pipe::send_operation::attempt() {
    if (!nobody_ahead())
        throw std::logic_error("send: another one is pending on this pipe; await it first");
    if (!left_.empty() && (pipe_.bytes_.ended() || pipe_.broken_)) {
        result_ = -EPIPE;
        return true;
    }
    pipe_.put(*this);
    return satisfied();
}

memory_pipe::recv_operation memory_pipe::receive(mutable_buffer buffer, error_sink error) {
    if (buffer.size() == 0)
        throw std::invalid_argument("recv: the buffer is empty; it must hold a byte or more");
    return {*this, buffer, error};
}

void memory_pipe::take(recv_operation& receiver) {
    const std::size_t count = std::min(bytes_.size(), receiver.into_.size());
    if (count > 0)
        std::memcpy(receiver.into_.data(), bytes_.view().data(), count);
    bytes_.consume(count);
    receiver.result_ = static_cast<int>(count);
}

// The bytes for a receiver that waits go through the buffer too, which makes room for more.
void memory_pipe::put(send_operation& sender) {
    while (!sender.left_.empty() && bytes_.size() < bytes_.ordinary_capacity()) {
        const std::size_t room = bytes_.ordinary_capacity() - bytes_.size();
        const std::string_view piece = sender.left_.substr(0, room);
        bytes_.append(piece);
        sender.left_.remove_prefix(piece.size());
        if (receiving()) {
            auto& receiver = static_cast<recv_operation&>(receivers_.front());
            take(receiver);
            receiver.grant(receiver.result_);
        }
    }
}

void memory_pipe::end_sending() noexcept {
    bytes_.set_ended();
    resume_all();
}

void memory_pipe::end_receiving() noexcept {
    broken_ = true;
    resume_all();
}

void memory_pipe::resume_all() noexcept {
    if (receiving())
        receivers_.front().grant(0);
    if (sending())
        senders_.front().grant(-EPIPE);
}

void memory_pipe::reset() noexcept {
    if (bytes_.ended())
        return;
    reset_ = true;
    bytes_.consume(bytes_.size());
    bytes_.set_ended();
    if (receiving())
        receivers_.front().grant(-ECONNRESET);
}

void memory_pipe::cancel_receive() {
    if (receiving())
        receivers_.front().cancel();
}

void memory_pipe::cancel_send() {
    if (sending())
        senders_.front().cancel();
}

}  // namespace ringlet::detail
