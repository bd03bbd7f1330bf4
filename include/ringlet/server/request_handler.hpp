#pragma once

#include <ringlet/base/detail/check.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>

namespace ringlet {

class server;

/// What the handlers of all kinds of requests have in common. Derive from base_request_handler,
/// stream_request_handler or datagram_request_handler, override `handle`, and give
/// `ringlet::handler<yours>` to a server.
///
/// For each request an object is made, then `setup`, `handle` and `finish` run, one after the
/// other. `finish` runs whatever `handle` throws, but not if `setup` threw. The object lives until
/// all three have ended.
///
/// One thread: that of the loop in which the request is handled.
class request_handler {
public:
    request_handler() = default;
    request_handler(const request_handler&) = delete;
    request_handler& operator=(const request_handler&) = delete;
    virtual ~request_handler() = default;

    [[nodiscard]] virtual task<> setup();
    [[nodiscard]] virtual task<> handle() = 0;
    [[nodiscard]] virtual task<> finish();

    /// The peer's address; without a family where it has none, or had gone before it could be
    /// asked. Not before `setup`: the constructor has none yet; so for what else is asked here.
    [[nodiscard]] const address& client_address() const noexcept { return *attached(client_); }

    [[nodiscard]] ringlet::server& server() const noexcept { return *attached(server_); }

    /// setup, handle, finish, for a server. Where both of the latter throw, it hears of both.
    [[nodiscard]] task<> run(const address& client, ringlet::server& owner);

protected:
    /// For `finish`: whether `handle` has returned, and not thrown.
    [[nodiscard]] bool handled() const noexcept { return handled_; }

    template <class T>
    static T* attached(T* pointer) noexcept {
        detail::check(pointer != nullptr,
                      "a request handler was asked for its request in its constructor; "
                      "do that in setup() or handle()");
        return pointer;
    }

private:
    const address* client_ = nullptr;
    ringlet::server* server_ = nullptr;
    bool handled_ = false;
};

}  // namespace ringlet
