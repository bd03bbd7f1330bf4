// TLS for the clients. Meson compiles with_openssl.cpp or without_openssl.cpp.
#pragma once

#include "channel.hpp"
#include "load_settings.hpp"

#include <memory>
#include <string>

// Whether this program can speak TLS.
bool has_tls() noexcept;

// What a client remembers of its last connection, to resume it with the next.
class tls_memory {
public:
    virtual ~tls_memory() = default;
};

// A client's end of the connection that `socket` is, with or without TLS, as the load has it. Where
// the load resumes sessions, the one of `memory` is resumed, and the new one kept there. The
// handshake is a part of the first send. Throws std::system_error.
std::unique_ptr<channel> open_channel(descriptor socket, const load_settings& load,
                                      std::shared_ptr<tls_memory>& memory);
