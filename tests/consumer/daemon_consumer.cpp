#include <ringlet/daemon/proxy_header.hpp>

#include <cstdio>

int main() {
    ringlet::daemon::proxy_header header;
    header.set_tls({.version = "OK"});
    const auto said = header.tls();
    std::puts(said ? said->version.c_str() : "no word of TLS");
    return said ? 0 : 1;
}
