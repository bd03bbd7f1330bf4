#include "catch.hpp"
#include "loop/early_end.hpp"

#include <ringlet/net/detail/socket_operations.hpp>

namespace tests::net_socket_operations {

using ringlet::detail::socket_operations;

TEST_CASE("moving, overwriting or destroying a socket with something pending ends the program",
          "[net]") {
    const auto kind = GENERATE(early_end::moved, early_end::overwritten, early_end::destroyed);
    const child_end child = run_early_end<socket_operations>(kind);
    CHECK(child.killed_by(SIGABRT));
    CHECK(child.says(kind == early_end::destroyed
                         ? "a socket was destroyed while an operation on it was pending"
                         : "a socket was moved while an operation on it was pending"));
}

}  // namespace tests::net_socket_operations
