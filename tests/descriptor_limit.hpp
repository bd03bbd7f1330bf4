#pragma once

#include <sys/resource.h>

#include <cerrno>
#include <system_error>

/// The soft limit on this process's descriptors (RLIMIT_NOFILE) while an object of this class
/// lives. With 0 open descriptors stay open, and the process can open no others.
class descriptor_limit {
public:
    explicit descriptor_limit(rlim_t soft) {
        check_call(::getrlimit(RLIMIT_NOFILE, &before_));
        const rlimit wanted{soft, before_.rlim_max};
        check_call(::setrlimit(RLIMIT_NOFILE, &wanted));
    }
    descriptor_limit(const descriptor_limit&) = delete;
    descriptor_limit& operator=(const descriptor_limit&) = delete;
    ~descriptor_limit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

    /// The most that the soft limit can be raised to.
    [[nodiscard]] static rlim_t ceiling() {
        rlimit limit{};
        check_call(::getrlimit(RLIMIT_NOFILE, &limit));
        return limit.rlim_max;
    }

private:
    static void check_call(int result) {
        if (result < 0)
            throw std::system_error(errno, std::system_category(), "RLIMIT_NOFILE");
    }

    rlimit before_{};
};
