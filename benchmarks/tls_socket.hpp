// A socket below OpenSSL, for the programs by hand. OpenSSL's own would raise SIGPIPE, and would
// ask the kernel for bytes that are known not to be there. It would also send the flights of a
// handshake one by one.
#pragma once

#include <openssl/bio.h>

#include <cstddef>
#include <vector>

struct tls_socket {
    int fd = -1;         // borrowed; non-blocking
    bool dry = false;    // nothing more can be received until the next event of the socket
    bool ended = false;  // the peer has ended its side
    bool hold = true;    // what OpenSSL sends is held, for one send of it all
    std::vector<std::byte> held;

    // Holds what is sent from now on, which will be about so much.
    void hold_for(std::size_t bytes) {
        hold = true;
        held.reserve(bytes + bytes / 64);
    }
};

// A BIO on `socket`, which must outlive it and stay where it is. SSL_set_bio takes it. Throws
// std::bad_alloc.
BIO* make_bio(tls_socket& socket);

enum class sent { all, some, failed };

// Sends what is held, as far as there is room.
sent send_held(tls_socket& socket);
