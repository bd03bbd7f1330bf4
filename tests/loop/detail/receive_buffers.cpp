#include "catch.hpp"

#include <ringlet/loop/detail/receive_buffers.hpp>

#include <vector>

namespace tests::loop_receive_buffers {

using namespace std::chrono_literals;
using ringlet::detail::receive_buffers;

namespace {

constexpr receive_buffers::time_point start{};

/// A receive that notes what is asked of it.
class noting_receiver final : public receive_buffers::receiver {
public:
    explicit noting_receiver(receive_buffers::time_point since = start) : since_(since) {}

    std::vector<std::byte*> lent;
    int yields = 0;

private:
    receive_buffers::time_point waiting_since() const noexcept override { return since_; }
    void yield_buffer() override { ++yields; }
    void lend(std::byte* buffer) override { lent.push_back(buffer); }

    receive_buffers::time_point since_;
};

}  // namespace

TEST_CASE("buffers are lent up to their number, each of its own memory", "[loop]") {
    receive_buffers buffers(100, 2, 0);
    CHECK(buffers.size() == 100);
    std::byte* const one = buffers.take();
    std::byte* const other = buffers.take();
    REQUIRE(one != nullptr);
    REQUIRE(other != nullptr);
    one[99] = std::byte{1};
    other[0] = other[99] = std::byte{2};
    CHECK(one[99] == std::byte{1});
    CHECK(buffers.take() == nullptr);
    CHECK(buffers.lent() == 2);

    buffers.give_back(one);
    CHECK(buffers.lent() == 1);
    std::byte* const again = buffers.take();
    CHECK(again != nullptr);
    buffers.give_back(again);
    buffers.give_back(other);
    CHECK(buffers.lent() == 0);
}

TEST_CASE("a buffer that comes back goes to who has waited longest for one", "[loop]") {
    receive_buffers buffers(100, 1, 0);
    std::byte* const only = buffers.take();
    noting_receiver first;
    noting_receiver left;
    noting_receiver last;
    for (auto* const each : {&first, &left, &last})
        buffers.wait(*each);
    left.unlink();

    buffers.give_back(only);
    CHECK(first.lent == std::vector{only});
    CHECK(buffers.lent() == 1);
    buffers.give_back(only);
    CHECK(left.lent.empty());
    CHECK(last.lent == std::vector{only});
    buffers.give_back(only);
    CHECK(buffers.lent() == 0);
}

TEST_CASE("so many may wait with a buffer in hand, and the others without", "[loop]") {
    receive_buffers buffers(100, 10, 2);
    noting_receiver one;
    noting_receiver two;
    noting_receiver three;
    std::byte* const first = buffers.take_to_hold(one, start);
    std::byte* const second = buffers.take_to_hold(two, start);
    CHECK(first != nullptr);
    CHECK(second != nullptr);
    CHECK(buffers.take_to_hold(three, start) == nullptr);
    CHECK(buffers.held() == 2);

    buffers.end_hold(one);
    buffers.give_back(first);
    CHECK(buffers.held() == 1);
    std::byte* const third = buffers.take_to_hold(three, start);
    CHECK(third != nullptr);
    buffers.end_hold(two);
    buffers.end_hold(three);
    buffers.give_back(second);
    buffers.give_back(third);
    CHECK(buffers.held() == 0);
    CHECK(buffers.lent() == 0);
    CHECK(one.yields + two.yields + three.yields == 0);
}

TEST_CASE("who has waited longest with a buffer makes room for another, but not too soon",
          "[loop]") {
    receive_buffers buffers(100, 10, 2);
    noting_receiver longest(start);
    noting_receiver younger(start + 50ms);
    noting_receiver newest(start + 100ms);
    std::byte* const first = buffers.take_to_hold(longest, start);
    std::byte* const second = buffers.take_to_hold(younger, start + 50ms);

    CHECK(buffers.take_to_hold(newest, start + receive_buffers::hold_time - 1ns) == nullptr);
    CHECK(longest.yields == 0);
    std::byte* const third = buffers.take_to_hold(newest, start + receive_buffers::hold_time);
    CHECK(third != nullptr);
    CHECK(longest.yields == 1);
    CHECK(younger.yields == 0);
    CHECK(buffers.held() == 2);
    CHECK(buffers.lent() == 3);  // the one that was asked for it has it still

    buffers.end_hold(younger);
    buffers.end_hold(newest);
    for (std::byte* const buffer : {first, second, third})
        buffers.give_back(buffer);
}

TEST_CASE("where nobody may hold a buffer, nobody does", "[loop]") {
    receive_buffers buffers(100, 10, 0);
    noting_receiver one;
    CHECK(buffers.take_to_hold(one, start + 1h) == nullptr);
    CHECK(buffers.lent() == 0);
}

TEST_CASE("a buffer that is lent is not there to hold", "[loop]") {
    receive_buffers buffers(100, 1, 1);
    noting_receiver one;
    std::byte* const only = buffers.take();
    CHECK(buffers.take_to_hold(one, start) == nullptr);
    CHECK(buffers.held() == 0);
    buffers.give_back(only);
}

TEST_CASE("who waits for a buffer is not held up by those that wait with one in hand", "[loop]") {
    receive_buffers buffers(100, 1, 5);
    noting_receiver idle;
    noting_receiver other;
    std::byte* const only = buffers.take_to_hold(idle, start);
    CHECK(buffers.take_to_hold(other, start) == nullptr);
    buffers.wait(other);
    CHECK(idle.yields == 1);
    CHECK(buffers.held() == 0);
    buffers.give_back(only);  // as idle does
    CHECK(other.lent == std::vector{only});
    buffers.give_back(only);
}

}  // namespace tests::loop_receive_buffers
