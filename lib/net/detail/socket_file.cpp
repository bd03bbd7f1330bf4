#include <ringlet/net/detail/socket_file.hpp>

#include <sys/stat.h>
#include <unistd.h>

namespace ringlet::detail {

socket_file::socket_file(std::string path) noexcept : path_(std::move(path)) {
    struct stat status {};
    if (::lstat(path_.c_str(), &status) < 0)
        return;  // it has been removed already, or the network makes none
    device_ = status.st_dev;
    inode_ = status.st_ino;
    creator_ = ::getpid();
}

socket_file::~socket_file() {
    struct stat status {};
    if (creator_ == ::getpid() && ::lstat(path_.c_str(), &status) == 0 &&
        status.st_dev == device_ && status.st_ino == inode_)
        ::unlink(path_.c_str());
}

}  // namespace ringlet::detail
