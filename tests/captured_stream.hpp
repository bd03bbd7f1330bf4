#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

/// Keeps what the process writes to stdout or stderr while one of these lives, instead of showing
/// it.
class captured_stream {
public:
    explicit captured_stream(FILE* stream) : stream_(stream), file_(std::tmpfile(), &std::fclose) {
        if (!file_)
            throw std::runtime_error("captured_stream: no temporary file");
        std::fflush(stream_);
        shown_ = ::fcntl(::fileno(stream_), F_DUPFD_CLOEXEC, 0);
        ::dup2(::fileno(file_.get()), ::fileno(stream_));
    }
    captured_stream(const captured_stream&) = delete;
    captured_stream& operator=(const captured_stream&) = delete;
    ~captured_stream() {
        std::fflush(stream_);
        ::dup2(shown_, ::fileno(stream_));
        ::close(shown_);
    }

    /// What has been written so far.
    [[nodiscard]] std::string text() const {
        std::fflush(stream_);
        const int fd = ::fileno(stream_);
        std::string written(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)), '\0');
        const auto size = ::pread(fd, written.data(), written.size(), 0);
        written.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
        return written;
    }

private:
    FILE* stream_;
    std::unique_ptr<FILE, int (*)(FILE*)> file_;
    int shown_;
};
