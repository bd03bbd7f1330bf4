#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/ring/check.hpp>

namespace ringlet {

class server;

/// One connection's handler, as a class: derive, override `handle`, and give
/// `ringlet::handler<yours>` to a server. For each connection an object is made, then `setup`,
/// `handle` and `finish` run, one after the other. `finish` runs whatever `handle` throws, but not
/// if `setup` threw. The object lives until all three have ended.
///
/// One thread: the loop's.
class base_request_handler {
public:
    base_request_handler() = default;
    base_request_handler(const base_request_handler&) = delete;
    base_request_handler& operator=(const base_request_handler&) = delete;
    virtual ~base_request_handler() = default;

    [[nodiscard]] virtual task<> setup();
    [[nodiscard]] virtual task<> handle() = 0;
    [[nodiscard]] virtual task<> finish();

    /// The connection. Not before `setup`: the constructor has none yet; so for the next two.
    [[nodiscard]] stream& request() const noexcept { return *attached(request_); }

    /// The peer's address; without a family where it had gone before it could be asked.
    [[nodiscard]] const address& client_address() const noexcept { return *attached(client_); }

    [[nodiscard]] ringlet::server& server() const noexcept { return *attached(server_); }

private:
    friend class connection_handler;

    template <class T>
    static T* attached(T* pointer) noexcept {
        check(pointer != nullptr, "a request handler was asked for its connection in its "
                                  "constructor; do that in setup() or handle()");
        return pointer;
    }

    stream* request_ = nullptr;
    const address* client_ = nullptr;
    ringlet::server* server_ = nullptr;
};

}  // namespace ringlet
