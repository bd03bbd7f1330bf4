#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

/// Keeps what the process writes to stderr while one of these lives, instead of showing it.
class captured_stderr {
public:
    captured_stderr() : file_(std::tmpfile(), &std::fclose) {
        if (!file_)
            throw std::runtime_error("captured_stderr: no temporary file");
        std::fflush(stderr);
        stderr_ = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
        ::dup2(::fileno(file_.get()), STDERR_FILENO);
    }
    captured_stderr(const captured_stderr&) = delete;
    captured_stderr& operator=(const captured_stderr&) = delete;
    ~captured_stderr() {
        std::fflush(stderr);
        ::dup2(stderr_, STDERR_FILENO);
        ::close(stderr_);
    }

    /// What has been written so far.
    [[nodiscard]] std::string text() const {
        std::fflush(stderr);
        std::string written(static_cast<std::size_t>(::lseek(STDERR_FILENO, 0, SEEK_END)), '\0');
        const auto size = ::pread(STDERR_FILENO, written.data(), written.size(), 0);
        written.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
        return written;
    }

private:
    std::unique_ptr<FILE, int (*)(FILE*)> file_;
    int stderr_;
};
