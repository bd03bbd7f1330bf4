#include <ringlet/net/detail/memory_pipe.hpp>
#include <ringlet/net/stream_pair.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace ringlet {

/// The two directions of a connection in memory.
struct stream_pair::connection {
    explicit connection(std::size_t capacity) : there(capacity), back(capacity) {}

    detail::memory_pipe there;
    detail::memory_pipe back;
};

/// The layer of one end of a connection in memory.
class stream_pair::end final : public stream_layer {
public:
    end(std::shared_ptr<connection> between, detail::memory_pipe& incoming,
        detail::memory_pipe& outgoing) noexcept
        : between_(std::move(between)), incoming_(incoming), outgoing_(outgoing) {}

    /// Ends both directions, as a socket does that is closed.
    ~end() override { end_both(); }

    task<std::size_t> recv(mutable_buffer buffer, std::error_code& error) override {
        co_return co_await incoming_.recv(buffer, error);
    }

    task<> readable(std::error_code& error) override { co_await incoming_.readable(error); }

    task<std::size_t> send_all(std::span<const const_buffer> buffers,
                               std::error_code& error) override {
        std::size_t sent = 0;
        for (const const_buffer& buffer : buffers)
            if (!error)
                sent += co_await outgoing_.send_all(buffer, error);
        co_return sent;
    }

    task<std::size_t> send(std::span<const const_buffer> buffers, std::error_code& error) override {
        const auto filled = std::ranges::find_if(
            buffers, [](const const_buffer& buffer) { return buffer.size() > 0; });
        co_return filled == buffers.end() ? 0 : co_await outgoing_.send(*filled, error);
    }

    task<> end_sending(std::error_code& /*error*/) override {
        outgoing_.end_sending();
        co_return;
    }

    task<> close() override {
        end_both();
        co_return;
    }

    task<> abort() override {
        outgoing_.reset();
        return close();
    }

private:
    void end_both() noexcept {
        outgoing_.end_sending();
        incoming_.end_receiving();
    }

    std::shared_ptr<connection> between_;
    detail::memory_pipe& incoming_;
    detail::memory_pipe& outgoing_;
};

stream_pair::stream_pair(std::size_t capacity)
    : stream_pair(std::make_shared<connection>(capacity)) {}

stream_pair::stream_pair(const std::shared_ptr<connection>& between)
    : one(loop::require_current("stream_pair"),
          std::make_unique<end>(between, between->back, between->there)),
      other(one.owner(), std::make_unique<end>(between, between->there, between->back)) {}

}  // namespace ringlet
