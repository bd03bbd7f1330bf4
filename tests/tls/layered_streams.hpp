#pragma once

#include "catch.hpp"
#include "receive.hpp"
#include "tls/detail/layer.hpp"

#include <ringlet/coro/task.hpp>
#include <ringlet/net/stream.hpp>

#include <string>

/// The layer of TLS that a stream stands on.
inline ringlet::tls::detail::layer& layer_of(ringlet::stream& secured) {
    return dynamic_cast<ringlet::tls::detail::layer&>(*secured.layer());
}

/// Sends `text`, and ends the sending side.
inline ringlet::task<> send_and_end(ringlet::stream& to, const std::string& text) {
    co_await to.send_all(text);
    co_await to.end_sending();
}

/// Receives `text` and nothing behind it.
inline ringlet::task<> expect(ringlet::stream& from, const std::string& text) {
    const std::string received = co_await receive(from, text.size() + 1);
    CHECK((received == text));
}
