#include "catch.hpp"
#include "connected_pair.hpp"

#include <ringlet/loop/detail/send_batch.hpp>

#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tests::loop_send_batch {

using ringlet::detail::send_batch;

namespace {

/// The next datagram that is there; "none" where there is none.
std::string take(const connected_pair& from) {
    std::array<char, 64> buffer{};
    const auto count = ::recv(from.peer(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    return count < 0 ? "none" : std::string(buffer.data(), static_cast<std::size_t>(count));
}

/// A message that notes what becomes of it.
class noting_message final : public send_batch::message {
public:
    noting_message(int socket, std::string text) : message(socket), text_(std::move(text)) {
        header_ = {};
        data_ = {text_.data(), text_.size()};
        header_.msg_iov = &data_;
        header_.msg_iovlen = 1;
    }

    bool ends = false;  // whether its operation was asked to end
    bool alone = false;
    std::optional<int> result;
    std::function<void()> when_sent = [] {};

private:
    bool send_alone() override { return alone = !ends; }
    void sent(int outcome) override {
        result = outcome;
        when_sent();
    }

    std::string text_;
    iovec data_{};
};

}  // namespace

TEST_CASE("messages of one socket are sent together, in their order", "[loop]") {
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    send_batch batch;
    CHECK(batch.empty());
    std::array messages{noting_message(pair.fd(), "one"), noting_message(pair.fd(), "two"),
                        noting_message(pair.fd(), "three")};
    for (noting_message& each : messages)
        batch.add(each);
    CHECK_FALSE(batch.empty());
    CHECK(take(pair) == "none");
    batch.send();
    CHECK(batch.empty());
    CHECK(messages[0].result == 3);
    CHECK(messages[2].result == 5);
    CHECK_FALSE(messages[1].alone);
    for (const char* const expected : {"one", "two", "three", "none"})
        CHECK(take(pair) == expected);
}

TEST_CASE("a message that is the only one of its socket is left to the ring", "[loop]") {
    const connected_pair one = unix_pair(SOCK_DGRAM);
    const connected_pair other = unix_pair(SOCK_DGRAM);
    send_batch batch;
    noting_message first(one.fd(), "one");
    noting_message second(other.fd(), "other");
    batch.add(first);
    batch.add(second);
    batch.send();
    CHECK(batch.empty());
    CHECK(first.alone);
    CHECK(second.alone);
    CHECK_FALSE(first.result);
    CHECK(take(one) == "none");
}

TEST_CASE("a message whose operation was asked to end is tried at once", "[loop]") {
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    send_batch batch;
    noting_message lone(pair.fd(), "one");
    lone.ends = true;
    batch.add(lone);
    batch.send();
    CHECK(lone.result == 3);
    CHECK(take(pair) == "one");
}

TEST_CASE("a message that fails keeps none behind it from being sent", "[loop]") {
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    send_batch batch;
    noting_message first(pair.fd(), "one");
    noting_message too_large(pair.fd(), std::string(1 << 24, 'x'));
    noting_message second(pair.fd(), "two");
    noting_message third(pair.fd(), "three");
    for (noting_message* each : {&first, &too_large, &second, &third})
        batch.add(*each);
    batch.send();
    CHECK(first.result == 3);
    CHECK(too_large.result == -EMSGSIZE);
    CHECK(second.result == 3);
    CHECK(third.result == 5);
    for (const char* const expected : {"one", "two", "three", "none"})
        CHECK(take(pair) == expected);
}

TEST_CASE("more messages than one call takes are sent all the same", "[loop]") {
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    send_batch batch;
    std::vector<std::unique_ptr<noting_message>> messages;
    std::string received;
    for (int i = 0; i < 100; ++i) {
        messages.push_back(std::make_unique<noting_message>(pair.fd(), "."));
        batch.add(*messages.back());
    }
    // The receiver's queue is short, and so it is emptied meanwhile.
    for (const auto& each : messages)
        each->when_sent = [&] {
            for (std::string next = take(pair); next != "none"; next = take(pair))
                received += next;
        };
    batch.send();
    std::size_t sent = 0;
    for (const auto& each : messages) {
        CHECK((each->result == 1 || each->result == -EAGAIN || each->alone));
        sent += each->result == 1 ? 1 : 0;
    }
    CHECK(received.size() == sent);
    CHECK(sent > 64);
}

TEST_CASE("a message that is added while others are sent is sent in the next turn", "[loop]") {
    const connected_pair pair = unix_pair(SOCK_DGRAM);
    send_batch batch;
    noting_message first(pair.fd(), "one");
    noting_message second(pair.fd(), "two");
    noting_message third(pair.fd(), "three");
    first.when_sent = [&] { batch.add(third); };
    batch.add(first);
    batch.add(second);
    batch.send();
    CHECK_FALSE(batch.empty());
    CHECK(second.result == 3);
    CHECK_FALSE(third.alone);
    batch.send();
    CHECK(batch.empty());
    CHECK(third.alone);
}

}  // namespace tests::loop_send_batch
