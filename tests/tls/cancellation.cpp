#include "byte_pattern.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "run_virtually.hpp"
#include "suspensions.hpp"
#include "tls/secured_pair.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/net/stream_layer.hpp>

#include <array>
#include <memory>
#include <string>
#include <utility>

namespace tests::tls_cancellation {

using ringlet::cancel_scope;
using ringlet::const_buffer;
using ringlet::loop;
using ringlet::mutable_buffer;
using ringlet::stream;
using ringlet::stream_layer;
using ringlet::task;
using ringlet::detail::joinable_task_group;
using ringlet::tls::client_context;
using ringlet::tls::server_context;

namespace {

/// Counts the calls of a stream, and cancels what is under way at one of them.
struct tripwire {
    tripwire(loop& running_in, int trip_at, moment tripped_when)
        : owner(running_in), trip_call(trip_at), when(tripped_when) {}

    void count() {
        if (++calls != trip_call)
            return;
        tripped = true;
        if (when == moment::suspending)
            cancel();
        else
            owner.post([this] { cancel(); });
    }

    void cancel() const {
        if (scope != nullptr)
            scope->cancel();
    }

    loop& owner;
    int trip_call;
    moment when;
    int calls = 0;
    bool tripped = false;
    cancel_scope* scope = nullptr;  // of the step that is under way
};

/// Passes everything on to a stream, and has it counted.
class counting final : public stream_layer {
public:
    counting(stream lower, tripwire& wire) noexcept : lower_(std::move(lower)), wire_(wire) {}

    task<std::size_t> recv(mutable_buffer buffer, std::error_code& error) override {
        wire_.count();
        return lower_.layer()->recv(buffer, error);
    }
    task<> readable(std::error_code& error) override {
        wire_.count();
        return lower_.layer()->readable(error);
    }
    task<std::size_t> send_all(std::span<const const_buffer> buffers,
                               std::error_code& error) override {
        wire_.count();
        return lower_.layer()->send_all(buffers, error);
    }
    task<> end_sending(std::error_code& error) override {
        wire_.count();
        return lower_.layer()->end_sending(error);
    }
    task<> close() override { return lower_.close(); }
    task<> abort() override { return lower_.abort(); }

private:
    stream lower_;
    tripwire& wire_;
};

/// Takes a step under a scope that `wire` can cancel. `step(error)` is repeated while it is
/// cancelled and says that it can be.
template <class Step>
task<> until_done(tripwire& wire, const Step& step) {
    std::error_code error = std::make_error_code(std::errc::operation_canceled);
    while (error) {
        CHECK(error == std::errc::operation_canceled);
        if (error != std::errc::operation_canceled)
            co_return;
        cancel_scope scope;
        wire.scope = &scope;
        co_await step(error);
        wire.scope = nullptr;
    }
}

/// Sends `text` and its end, and receives what comes up to the end, however often it is cancelled.
task<> converse(stream& secured, tripwire& wire, std::string text) {
    std::size_t sent = 0;
    const auto send = [&](std::error_code& error) -> task<> {
        sent += co_await secured.send_all(std::string_view(text).substr(sent), error);
    };
    co_await until_done(wire, send);
    CHECK(sent == text.size());
    std::string received;
    bool ended = false;
    const auto receive = [&](std::error_code& error) -> task<> {
        std::array<char, 700> piece;
        const std::size_t size = co_await secured.recv(piece, error);
        received.append(piece.data(), size);
        ended = !error && size == 0;
    };
    const auto end_sending = [&](std::error_code& error) -> task<> {
        co_await secured.end_sending(error);
    };
    while (received.size() < text.size() && !ended)
        co_await until_done(wire, receive);
    co_await until_done(wire, end_sending);
    while (!ended)
        co_await until_done(wire, receive);
    CHECK((received == text));
}

task<> echo(stream& peer) {
    std::string all;
    std::array<char, 500> piece;
    std::error_code error;
    while (const std::size_t size = co_await peer.recv(piece, error)) {
        all.append(piece.data(), size);
        co_await peer.send_all(const_buffer(piece.data(), size), error);
    }
    CHECK_FALSE(error);
    co_await peer.end_sending(error);
    CHECK_FALSE(error);
}

/// One conversation, in which what is under way at call number `trip_at` is cancelled. Whether
/// there were so many calls.
bool trip(int trip_at, moment when, bool client_is_cancelled) {
    bool tripped = false;
    run_virtually([&](loop& owner) -> task<> {
        const server_context server(server_options());
        const client_context client(client_options());
        tripwire wire(owner, trip_at, when);
        ringlet::stream_pair plain(600);
        std::error_code error;
        std::error_code peer_error;
        stream secured(owner, ringlet::socket());
        stream peer(owner, ringlet::socket());
        const auto upgrade_cancelled = [&]() -> task<> {
            cancel_scope scope;
            wire.scope = &scope;
            stream watched(owner, std::make_unique<counting>(std::move(plain.one), wire));
            if (client_is_cancelled)
                secured =
                    co_await ringlet::tls::upgrade(std::move(watched), client, "localhost", error);
            else
                secured = co_await ringlet::tls::upgrade(std::move(watched), server, error);
            wire.scope = nullptr;
        };
        const auto upgrade_peer = [&]() -> task<> {
            if (client_is_cancelled)
                peer = co_await ringlet::tls::upgrade(std::move(plain.other), server, peer_error);
            else
                peer = co_await ringlet::tls::upgrade(std::move(plain.other), client, "localhost",
                                                      peer_error);
        };
        joinable_task_group group;
        group.spawn(upgrade_cancelled());
        group.spawn(upgrade_peer());
        co_await group.join();
        CHECK((!error || error == std::errc::operation_canceled));
        CHECK(secured.is_open() == !error);
        if (!error && !peer_error) {
            joinable_task_group both;
            both.spawn(echo(peer));
            both.spawn(converse(secured, wire, byte_pattern(5'000)));
            co_await both.join();
        }
        tripped = wire.tripped;
        joinable_task_group closing;
        closing.spawn(secured.close());
        closing.spawn(peer.close());
        co_await closing.join();
    });
    return tripped;
}

}  // namespace

TEST_CASE("cancelling at any await leaves the stream usable, or not made", "[tls]") {
    const auto when = GENERATE(moment::suspending, moment::a_turn_later);
    const bool client_is_cancelled = GENERATE(true, false);
    int trip_at = 1;
    while (trip(trip_at, when, client_is_cancelled))
        ++trip_at;
    CHECK(trip_at > 20);
}

}  // namespace tests::tls_cancellation
