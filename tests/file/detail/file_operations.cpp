#include "catch.hpp"
#include "loop/early_end.hpp"

#include <ringlet/file/detail/file_operations.hpp>

namespace tests::file_file_operations {

using ringlet::detail::file_operations;

TEST_CASE("moving, overwriting or destroying a file with something pending ends the program",
          "[file]") {
    const auto kind = GENERATE(early_end::moved, early_end::overwritten, early_end::destroyed);
    const child_end child = run_early_end<file_operations>(kind);
    CHECK(child.killed_by(SIGABRT));
    CHECK(child.says(kind == early_end::destroyed
                         ? "a file was destroyed while an operation on it was pending"
                         : "a file was moved while an operation on it was pending"));
}

}  // namespace tests::file_file_operations
