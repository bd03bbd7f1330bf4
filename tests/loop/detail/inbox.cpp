#include "catch.hpp"
#include "time_limit.hpp"

#include <ringlet/loop/detail/inbox.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

namespace tests::loop_inbox {

namespace {

void post(ringlet::detail::inbox& box, auto work) {
    const bool wakes = box.post(std::move(work));
    REQUIRE_FALSE(wakes);
}

/// Work that lives where it was made, and counts what happens to it.
class resident final : public ringlet::detail::inbox::work_item {
public:
    explicit resident(ringlet::detail::inbox& box, int again = 0) noexcept
        : box_(box), again_(again) {}

    int ran = 0;
    int discarded = 0;

private:
    void run() override {
        if (ran++ < again_)
            CHECK_FALSE(box_.post(*this));
    }
    void discard() noexcept override { ++discarded; }

    ringlet::detail::inbox& box_;
    int again_;
};

}  // namespace

TEST_CASE("an inbox runs work once, in the order of posting", "[loop]") {
    ringlet::detail::inbox box;
    std::vector<int> ran;
    for (int i = 0; i < 5; ++i)
        post(box, [&ran, i] { ran.push_back(i); });
    CHECK(ran.empty());
    box.run();
    CHECK(ran == std::vector{0, 1, 2, 3, 4});
    box.run();
    CHECK(ran.size() == 5);
}

TEST_CASE("work that is posted by work waits for the next run", "[loop]") {
    ringlet::detail::inbox box;
    int ran = 0;
    post(box, [&] {
        ++ran;
        post(box, [&] { ++ran; });
    });
    box.run();
    CHECK(ran == 1);
    box.run();
    CHECK(ran == 2);
}

TEST_CASE("work that throws leaves the work behind it for the next run", "[loop]") {
    ringlet::detail::inbox box;
    std::vector<int> ran;
    post(box, [&] { ran.push_back(1); });
    post(box, [] { throw std::runtime_error("from the work"); });
    post(box, [&] { ran.push_back(2); });
    CHECK_THROWS_WITH(box.run(), "from the work");
    CHECK(ran == std::vector{1});
    CHECK_FALSE(box.sleep());  // there is work
    post(box, [&] { ran.push_back(3); });
    box.run();
    CHECK(ran == std::vector{1, 2});
    box.run();
    CHECK(ran == std::vector{1, 2, 3});
}

TEST_CASE("of those who post to a sleeper, one is told to wake it", "[loop]") {
    ringlet::detail::inbox box;
    CHECK(box.sleep());
    CHECK(box.post([] {}));
    CHECK_FALSE(box.post([] {}));
    CHECK(box.woke());
    CHECK_FALSE(box.sleep());  // before what was posted has run
    box.run();

    CHECK(box.sleep());
    CHECK_FALSE(box.woke());  // something else has woken it
    CHECK_FALSE(box.post([] {}));
}

TEST_CASE("an inbox with work does not sleep", "[loop]") {
    ringlet::detail::inbox box;
    post(box, [] {});
    CHECK_FALSE(box.sleep());
    post(box, [] {});  // and nobody is told to wake it
    box.run();
    CHECK(box.sleep());
}

TEST_CASE("an inbox takes what can only be moved, and destroys what never ran", "[loop]") {
    const auto shared = std::make_shared<int>(5);
    {
        ringlet::detail::inbox box;
        post(box, [copy = shared, owned = std::make_unique<int>(1)] {});
        post(box, [] { throw std::runtime_error("from the work"); });
        post(box, [copy = shared] {});
        CHECK_THROWS(box.run());
        CHECK(shared.use_count() == 2);
        post(box, [copy = shared] {});
        CHECK(shared.use_count() == 3);
    }
    CHECK(shared.use_count() == 1);
}

TEST_CASE("work that lives with its poster is posted in line with callables", "[loop]") {
    ringlet::detail::inbox box;
    resident first(box);
    resident second(box);
    int between = 0;
    CHECK_FALSE(box.post(first));
    post(box, [&] { between = 10 * first.ran + second.ran; });
    CHECK_FALSE(box.post(second));
    box.run();
    CHECK(between == 10);
    CHECK(second.ran == 1);
    box.run();
    CHECK(first.ran == 1);
}

TEST_CASE("work that lives with its poster may be posted again as soon as it runs", "[loop]") {
    ringlet::detail::inbox box;
    resident again(box, 2);
    CHECK_FALSE(box.post(again));
    for (int i = 1; i <= 3; ++i) {
        box.run();
        CHECK(again.ran == i);
    }
    box.run();
    CHECK(again.ran == 3);
}

TEST_CASE("work that lives with its poster hears of the end of the inbox", "[loop]") {
    std::optional<ringlet::detail::inbox> box(std::in_place);
    resident ran(*box);
    resident taken(*box);
    resident posted(*box);
    CHECK_FALSE(box->post(ran));
    post(*box, [] { throw std::runtime_error("from the work"); });
    CHECK_FALSE(box->post(taken));
    CHECK_THROWS(box->run());
    CHECK_FALSE(box->post(posted));
    box.reset();
    CHECK(ran.discarded == 0);
    for (const resident* each : {&taken, &posted}) {
        CHECK(each->ran == 0);
        CHECK(each->discarded == 1);
    }
}

TEST_CASE("what several threads post is all there, each thread's in its order", "[loop]") {
    constexpr int threads = 3;
    constexpr int count = 20'000;
    ringlet::detail::inbox box;
    std::vector<std::vector<int>> ran(threads);
    std::vector<std::jthread> posters;
    for (int thread = 0; thread < threads; ++thread)
        posters.emplace_back([&, thread] {
            for (int i = 0; i < count; ++i)
                static_cast<void>(box.post(
                    [&, thread, i] { ran[static_cast<std::size_t>(thread)].push_back(i); }));
        });
    const auto complete = [&] {
        return std::all_of(ran.begin(), ran.end(),
                           [](const auto& one) { return one.size() == count; });
    };
    while (!complete())
        box.run();
    for (const auto& one : ran)
        CHECK(std::is_sorted(one.begin(), one.end()));
}

TEST_CASE("whoever posts as an inbox falls asleep is told, or keeps it awake", "[loop]") {
    constexpr int rounds = 20'000;
    ringlet::detail::inbox box;
    std::atomic<int> ran{0};
    std::atomic<bool> told{false};
    const std::jthread poster([&](const std::stop_token& stop) {
        for (int i = 0; i < rounds && !stop.stop_requested(); ++i) {
            if (box.post([&] { ++ran; }))
                told = true;
            while (ran <= i && !stop.stop_requested())
                std::this_thread::yield();
        }
    });
    auto limit = std::chrono::steady_clock::now() + time_limit;  // for one round
    const auto in_time = [&] { return std::chrono::steady_clock::now() < limit; };
    while (ran < rounds && in_time()) {
        const int before = ran;
        box.run();
        if (ran > before)
            limit = std::chrono::steady_clock::now() + time_limit;
        if (!box.sleep())
            continue;
        while (!told.exchange(false) && ran < rounds && in_time())
            std::this_thread::yield();
        CHECK(box.woke() == (ran < rounds));
    }
    CHECK(ran == rounds);
}

}  // namespace tests::loop_inbox
