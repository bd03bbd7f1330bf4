// System calls that must not fail.
#pragma once

#include <cerrno>
#include <system_error>

// The result of a call that answers -1 and errno on failure; throws std::system_error then.
inline int checked(int result, const char* operation) {
    if (result < 0)
        throw std::system_error(errno, std::generic_category(), operation);
    return result;
}
