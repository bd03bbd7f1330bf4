// A handler that uses most of what there is to await is cancelled at its first, second, ... last
// suspension, by itself or by its server. Wherever that is, all that it held has been given back
// when its connection has ended, and the next client is served as if nothing had been.

#include "catch.hpp"
#include "counted.hpp"
#include "descriptors.hpp"
#include "recording_server.hpp"
#include "run_coroutine.hpp"
#include "suspensions.hpp"
#include "temporary_directory.hpp"

#include <ringlet/coro/channel.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/file/file.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/net/connect.hpp>

#include <array>
#include <chrono>
#include <exception>
#include <functional>
#include <string>
#include <string_view>

namespace tests::server_handler_cancellation {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::file;
using ringlet::loop;
using ringlet::stream;
using ringlet::task;
using ringlet::task_group;

namespace {

constexpr std::string_view contents = "contents of the file";
const std::string whole_answer = "welcome, contents of the file, item 0, item 1, item 2, farewell";

/// What a handler does with one connection.
class conversation {
public:
    conversation(suspensions& counter, stream& client, const std::filesystem::path& path)
        : at_(counter), client_(client), path_(path) {}

    task<> run() {
        const counted local;
        std::exception_ptr failure;
        try {
            co_await answer();
        } catch (...) {
            failure = std::current_exception();
        }
        {
            const ringlet::shield shield_guard(client_.owner());
            std::error_code client_has_gone;
            co_await at_(ringlet::sleep_for(1us));
            co_await at_(client_.send_all(std::string_view("farewell"), client_has_gone));
            cleaned_up_ = true;
        }
        if (failure)
            std::rethrow_exception(failure);
    }

    [[nodiscard]] bool cleaned_up() const noexcept { return cleaned_up_; }

private:
    static constexpr int items = 3;

    task<> answer() {
        const counted local;
        co_await say("welcome, ");
        std::array<char, 5> greeting{};
        co_await ringlet::with_timeout(1h, at_(client_.recv(ringlet::mutable_buffer(greeting))));
        co_await send_file();
        const auto parts = [this](task_group& group) -> task<> {
            group.spawn(produce());
            while (const auto item = co_await at_(queue_.receive()))
                co_await say("item " + std::to_string(item->number()) + ", ");
        };
        co_await task_group::run(std::ref(parts));
    }

    task<> say(std::string text) {
        const counted local;
        co_await at_(client_.send_all(text));
    }

    task<> send_file() {
        const counted local;
        file source = co_await at_(file::open(path_));
        std::array<char, contents.size()> text{};
        co_await at_(source.read_at(ringlet::mutable_buffer(text), 0));
        co_await say(std::string(text.data(), text.size()) + ", ");
        co_await at_(source.close());
    }

    task<> produce() {
        const counted local;
        for (int i = 0; i < items; ++i) {
            co_await at_(ringlet::sleep_for(1us));
            co_await at_(queue_.send(counted(i)));
        }
        queue_.close();
    }

    suspensions& at_;
    stream& client_;
    const std::filesystem::path& path_;
    ringlet::channel<counted> queue_{1};
    bool cleaned_up_ = false;
};

/// Says hello to the server and listens until it has ended the connection, however it does so.
task<std::string> ask(const ringlet::address& server) {
    stream connection = co_await ringlet::connect(server);
    std::error_code error;
    co_await connection.send_all(std::string_view("hello"), error);
    std::string answer;
    std::array<char, 100> piece{};
    while (const std::size_t count = co_await connection.recv(piece, error))
        answer.append(piece.data(), count);
    co_await connection.close();
    co_return answer;
}

enum class canceller { handler, server };

/// A server whose handler can be told where to be cancelled, and by whom.
class cancelling_server {
public:
    cancelling_server(loop& owner, canceller by, moment when)
        : owner_(owner), by_(by), when_(when), path_(folder_.write("file", contents)) {}

    /// Serves a client whose handler is cancelled at suspension `k`, and after it another one.
    /// Yields how often the first handler suspended.
    task<int> serve_cancelled(int k) {
        if (by_ == canceller::server) {
            co_await serve_while([&]() -> task<> { co_await ask_and_cancel(k); });
            co_await serve_while([&]() -> task<> { co_await ask_whole(); });
        } else {
            co_await serve_while([&]() -> task<> {
                co_await ask_and_cancel(k);
                co_await ask_whole();
            });
        }
        co_return suspended_;
    }

    /// How many handlers were cut short.
    [[nodiscard]] int cancelled() const noexcept { return cancelled_; }
    [[nodiscard]] std::size_t errors() const noexcept { return server_.errors.size(); }

private:
    template <class Body>
    task<> serve_while(Body body) {
        co_await task_group::run([&](task_group& group) -> task<> {
            group.spawn(server_.serve());
            co_await body();
            if (!std::exchange(has_shut_down_, false))
                server_.shutdown(0s);
        });
    }

    task<> ask_and_cancel(int k) {
        cancel_at_ = k;
        co_await ask(server_.server_address());
        cancel_at_ = 0;
    }

    task<> ask_whole() {
        const int suspended = suspended_;
        const std::string answer = co_await ask(server_.server_address());
        CHECK(answer == whole_answer);
        suspended_ = suspended;
    }

    task<> handle(stream& client) {
        cancel_scope scope;
        suspensions counter(owner_, cancel_at_, when_, [&] {
            if (by_ == canceller::handler) {
                scope.cancel();
            } else {
                server_.shutdown(0s);
                has_shut_down_ = true;
            }
        });
        conversation with(counter, client, path_);
        std::exception_ptr failure;
        try {
            co_await with.run();
        } catch (const std::system_error& error) {
            INFO(error.what());
            CHECK(error.code() == std::errc::operation_canceled);
            failure = std::current_exception();
            ++cancelled_;
        }
        {
            const ringlet::shield shield_guard(owner_);
            co_await ringlet::yield();  // what was posted has run
        }
        CHECK(with.cleaned_up());
        suspended_ = counter.count();
        if (failure)
            std::rethrow_exception(failure);
    }

    loop& owner_;
    canceller by_;
    moment when_;
    temporary_directory folder_;
    std::filesystem::path path_;
    int cancel_at_ = 0;
    int suspended_ = 0;
    int cancelled_ = 0;
    bool has_shut_down_ = false;
    recording_server server_{[this](stream& client) { return handle(client); }};
};

void cancel_everywhere(canceller by, moment when) {
    loop owner;
    run_coroutine(owner, [&]() -> task<> {
        counted::begin();
        cancelling_server sample(owner, by, when);
        int points = co_await sample.serve_cancelled(0);
        REQUIRE(points > 10);
        REQUIRE(sample.cancelled() == 0);
        const std::size_t descriptors = open_descriptors();
        const auto time_limit_ends = owner.core().timers().next_deadline();
        auto* const around = &owner.core().scope();
        std::size_t frames = owner.core().frames().cached_bytes();
        int reached = 0;
        for (int k = 1; reached >= k - 1; ++k) {  // as long as the one before came so far
            reached = co_await sample.serve_cancelled(k);
            INFO("cancelled at suspension " << k << " of about " << points);
            CHECK(open_descriptors() == descriptors);
            CHECK(owner.core().timers().next_deadline() == time_limit_ends);
            CHECK(&owner.core().scope() == around);
            CHECK(counted::alive() == 0);
            CHECK(counted::strays() == 0);
            CHECK(owner.core().frames().cached_bytes() >= frames);
            frames = owner.core().frames().cached_bytes();
        }
        CHECK(sample.cancelled() > points / 3);
        const bool tells = by == canceller::handler;  // being cancelled by the server is no error
        CHECK(sample.errors() == static_cast<std::size_t>(tells ? sample.cancelled() : 0));
    });
    CHECK(owner.core().timers().empty());
}

}  // namespace

TEST_CASE("a handler cancelled in any of its suspensions gives everything back", "[server]") {
    cancel_everywhere(canceller::handler, GENERATE(moment::suspending, moment::a_turn_later));
}

TEST_CASE("a server that ends without grace in any suspension of a handler can serve again",
          "[server]") {
    cancel_everywhere(canceller::server, GENERATE(moment::suspending, moment::a_turn_later));
}

}  // namespace tests::server_handler_cancellation
