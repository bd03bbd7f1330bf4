#include "own_program.hpp"

#include <sys/auxv.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace ringlet::daemon::detail {

namespace {

std::string path_of_execution() {
    const auto* const name = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
    if (name != nullptr && ::access(name, X_OK) == 0)
        return std::filesystem::absolute(name);
    return std::filesystem::read_symlink("/proc/self/exe");
}

std::vector<std::string> arguments_of_process() {
    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::vector<std::string> arguments;
    for (std::string argument; std::getline(file, argument, '\0');)
        arguments.push_back(argument);
    if (arguments.empty())
        throw std::system_error(ENOENT, std::system_category(), "/proc/self/cmdline");
    return arguments;
}

}  // namespace

own_program own_program::find() {
    return {path_of_execution(), arguments_of_process()};
}

}  // namespace ringlet::daemon::detail
