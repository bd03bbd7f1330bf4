#include <ringlet/loop/detail/deadline_passed.hpp>
#include <ringlet/net/detail/client_failure.hpp>
#include <ringlet/net/detail/direction.hpp>
#include <ringlet/net/detail/layer_side.hpp>
#include <ringlet/net/detail/unsent_buffers.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace ringlet::detail {

namespace {

/// Leaves no more than the first `size_max` bytes of `batch`.
void shorten(std::span<iovec> batch, std::size_t size_max) noexcept {
    for (iovec& buffer : batch) {
        buffer.iov_len = std::min(buffer.iov_len, size_max);
        size_max -= buffer.iov_len;
    }
}

task<std::size_t> end_sending_of(stream_layer& layer, std::error_code& error) {
    co_await layer.end_sending(error);
    co_return 0;
}

}  // namespace

bool layer_call::begin(task<std::size_t> called, suspension waiter) {
    called_ = std::move(called);
    awaited_.emplace(std::move(called_).operator co_await());
    inner_.emplace(&core_->scope());
    note_waiter(waiter);
    core_->set_scope(*inner_);
    if (awaited_->await_suspend(waiter))
        return true;
    if (core_->may_complete_inline())
        return false;
    resume_later(0);
    return true;
}

std::size_t layer_call::end() noexcept {
    if (!awaited_)  // refused
        return 0;
    std::size_t count = 0;
    try {
        count = awaited_->await_resume();
    } catch (const std::system_error& failure) {
        error_ = failure.code();
        failure_ = std::current_exception();
    } catch (...) {
        failure_ = std::current_exception();
    }
    called_ = {};
    inner_.reset();
    end_wait();
    return count;
}

std::error_code layer_call::outcome() const noexcept {
    if (!error_)
        return operation::error();
    return error_ == std::errc::operation_canceled && late() ? deadline_passed() : error_;
}

bool layer_side::refuse(direction& way, suspension waiter) noexcept {
    if (!last_->refuse(waiter))
        return false;
    way.begin(*last_);
    return true;
}

bool layer_side::run(direction& way, suspension waiter, task<std::size_t> called) {
    way.begin(*last_);
    return last_->begin(std::move(called), waiter);
}

bool layer_side::send_all(direction& way, suspension waiter,
                          std::span<const const_buffer> buffers) {
    const bool waits = begin(way, waiter, [&](stream_layer& layer, std::error_code& error) {
        const bool in_one = total_size(buffers) <= piece_max && !way.watched();
        return in_one ? layer.send_all(buffers, error) : send_in_pieces(way, buffers, error);
    });
    sending_ = true;
    return waits;
}

bool layer_side::send(direction& way, suspension waiter, const_buffer single,
                      outgoing_bytes::extent wanted) {
    single_ = single;
    if (wanted == outgoing_bytes::extent::all)
        return send_all(way, waiter, std::span(&single_, 1));
    single_ = const_buffer(single.data(), std::min(single.size(), piece_max));
    const bool waits = begin(way, waiter, [this](stream_layer& layer, std::error_code& error) {
        return layer.send(std::span(&single_, 1), error);
    });
    sending_ = true;
    return waits;
}

task<std::size_t> layer_side::send_in_pieces(direction& way, std::span<const const_buffer> buffers,
                                             std::error_code& error) {
    unsent_buffers left(buffers);
    std::array<iovec, 8> batch;
    std::size_t sent = 0;
    while (!error && !left.empty()) {
        const auto piece = std::span(batch).first(left.copy_front(batch));
        shorten(piece, piece_max);
        const std::size_t count = co_await layer_.send(
            std::span(reinterpret_cast<const const_buffer*>(piece.data()), piece.size()), error);
        left.consume(count);
        sent += count;
        note_sent(way, count);
    }
    co_return sent;
}

bool layer_side::end_sending(direction& way, suspension waiter) {
    return begin(way, waiter, [](stream_layer& layer, std::error_code& error) {
        return end_sending_of(layer, error);
    });
}

void layer_side::note_sent(direction& way, std::size_t bytes) noexcept {
    if (bytes > 0)
        way.progress(bytes, core_.turn_began());
    noted_ += bytes;
}

std::size_t layer_side::end(direction& way) noexcept {
    calling_ = false;
    way.end(*last_);
    const std::size_t count = last_->end();
    if (sending_ && count > noted_)  // a layer that throws yields no count
        note_sent(way, count - noted_);
    return count;
}

bool layer_side::failed() const noexcept {
    return last_->outcome() || last_->failure();
}

void layer_side::report(error_sink error, const char* what, bool of_client) const {
    const std::error_code outcome = last_->outcome();
    if (last_->failure() && !(error.stores() && outcome))
        std::rethrow_exception(last_->failure());
    detail::report(error, outcome, what, of_client);
}

}  // namespace ringlet::detail
