#pragma once

#include <string>
#include <vector>

namespace ringlet::daemon::detail {

/// The program that this process runs, in a form in which it can be executed anew.
struct own_program {
    std::string path;                    ///< absolute
    std::vector<std::string> arguments;  ///< with argv[0]

    /// This process's program. Its path is the one by which it was executed (AT_EXECFN,
    /// getauxval(3)), which leads to an upgraded file, and through symbolic links anew; the kernel
    /// resolves the links of /proc/self/exe once. A relative path begins at the working directory.
    /// Throws std::system_error where /proc is missing.
    [[nodiscard]] static own_program find();
};

}  // namespace ringlet::daemon::detail
