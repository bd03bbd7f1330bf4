#include <ringlet/tls/client_context.hpp>
#include <ringlet/tls/connect.hpp>

#include <cstdio>
#include <stdexcept>

int main() {
    const ringlet::tls::client_context context;
    try {
        static_cast<void>(ringlet::tls::connect("no host", 443, context));
    } catch (const std::invalid_argument&) {
        std::puts(context.counters().handshakes == 0 ? "OK" : "FAILED");
    }
}
