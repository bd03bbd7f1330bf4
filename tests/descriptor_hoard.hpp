#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <vector>

/// Takes all the descriptors that this process may still open, for as long as the object lives.
class descriptor_hoard {
public:
    descriptor_hoard() {
        for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
            taken_.push_back(fd);
    }
    descriptor_hoard(const descriptor_hoard&) = delete;
    descriptor_hoard& operator=(const descriptor_hoard&) = delete;
    ~descriptor_hoard() {
        for (const int fd : taken_)
            ::close(fd);
    }

private:
    std::vector<int> taken_;
};
