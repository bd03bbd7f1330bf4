#include "net/detail/hand_over_mark.hpp"

#include <ringlet/net/detail/socket_file.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace ringlet::detail {

socket_file::socket_file(std::string path) noexcept : path_(std::move(path)) {
    struct stat status {};
    if (::lstat(path_.c_str(), &status) < 0)
        return;  // it has been removed already, or the network makes none
    device_ = status.st_dev;
    inode_ = status.st_ino;
    creator_ = ::getpid();
}

void socket_file::serve_here() noexcept {
    server_ = ::getpid();
}

bool socket_file::is_ours() const noexcept {
    if (creator_ == no_process || (handed_over_ && handed_over_->is_set()))
        return false;
    const bool creator_has_ended = ::kill(creator_, 0) < 0 && errno == ESRCH;
    return ::getpid() == (creator_has_ended ? server_ : creator_);
}

socket_file::~socket_file() {
    if (is_ours())
        remove();
}

void socket_file::remove() noexcept {
    struct stat status {};
    if (creator_ != no_process && ::lstat(path_.c_str(), &status) == 0 &&
        status.st_dev == device_ && status.st_ino == inode_)
        ::unlink(path_.c_str());
    release();
}

}  // namespace ringlet::detail
