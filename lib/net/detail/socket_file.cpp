#include <ringlet/net/detail/socket_file.hpp>

#include <sys/stat.h>
#include <unistd.h>

namespace ringlet::detail {

socket_file::socket_file(std::string path) noexcept : path_(std::move(path)) {
    struct stat made {};
    if (::lstat(path_.c_str(), &made) < 0)
        return;  // it has been removed already, or the network makes none
    device_ = made.st_dev;
    inode_ = made.st_ino;
    creator_ = ::getpid();
}

socket_file::~socket_file() {
    struct stat there {};
    if (creator_ == ::getpid() && ::lstat(path_.c_str(), &there) == 0 && there.st_dev == device_ &&
        there.st_ino == inode_)
        ::unlink(path_.c_str());
}

}  // namespace ringlet::detail
