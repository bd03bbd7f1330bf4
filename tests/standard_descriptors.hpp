#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <initializer_list>

/// Closes the standard streams, as daemons do; the next descriptors would get their numbers.
inline void close_standard_descriptors() noexcept {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        ::close(fd);
}

/// Whether `fd` is /dev/null, as programs that are executed inherit it.
inline bool is_null_device(int fd) noexcept {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && status.st_rdev == ::makedev(1, 3) &&
           (::fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR && ::fcntl(fd, F_GETFD) == 0;
}

/// Whether nothing but /dev/null has the number of a standard stream.
inline bool standard_descriptors_are_harmless() noexcept {
    bool harmless = true;
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        harmless = harmless && (::fcntl(fd, F_GETFD) < 0 || is_null_device(fd));
    return harmless;
}
