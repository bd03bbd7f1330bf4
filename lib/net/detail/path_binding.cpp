#include "path_binding.hpp"
#include "base/detail/standard_descriptors.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <initializer_list>

namespace ringlet::detail {

namespace {

std::error_code last_error() noexcept {
    return {errno, std::system_category()};
}

/// The right to remove what is at a path: of two processes that both found it stale, the slower
/// would otherwise remove what the faster has just bound. flock(2) on a file beside it, since a
/// socket cannot be opened to be locked itself. Of a killed process the file stays behind but not
/// the lock, so that it does no harm.
class removal_lock {
public:
    explicit removal_lock(const std::string& path)
        : name_(path + ".lock"),
          fd_(above_standard(
              ::open(name_.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR))) {
        if (fd_ < 0 || ::flock(fd_, LOCK_EX | LOCK_NB) < 0)
            error_ = last_error();
        else if (!in_place())
            error_ = std::make_error_code(std::errc::operation_would_block);
    }
    removal_lock(const removal_lock&) = delete;
    removal_lock& operator=(const removal_lock&) = delete;
    ~removal_lock() {
        if (fd_ < 0)
            return;
        if (!error_) {
            ::unlink(name_.c_str());
            ::flock(fd_, LOCK_UN);  // a child that was forked meanwhile shares it
        }
        ::close(fd_);
    }

    /// Why it could not be had: operation_would_block where another process has it.
    [[nodiscard]] std::error_code error() const noexcept { return error_; }

private:
    // Its last owner may have removed the file between our open and our flock.
    [[nodiscard]] bool in_place() const noexcept {
        struct stat locked {};
        struct stat named {};
        return ::fstat(fd_, &locked) == 0 && ::lstat(name_.c_str(), &named) == 0 &&
               locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
    }

    std::string name_;
    int fd_;
    std::error_code error_;
};

/// What connect(2) says to a new client of `type`.
int probe_server(const address& server, int type) noexcept {
    const int client = above_standard(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (client < 0)
        return errno;
    const int error = ::connect(client, server.data(), server.size()) < 0 ? errno : 0;
    ::close(client);
    return error;
}

[[noreturn]] void throw_in_use(const address& local, const std::string& why) {
    throw_unbound(local, std::make_error_code(std::errc::address_in_use), why);
}

/// Whether a socket is at `local` that no process has open any more, so that it refuses `clients`,
/// types of socket; not if nothing is there. Throws, saying what it is, if it is anything else.
bool is_stale(const address& local, std::initializer_list<int> clients) {
    struct stat status {};
    if (::lstat(local.path().c_str(), &status) < 0)
        return false;
    if (!S_ISSOCK(status.st_mode))
        throw_in_use(local, "a file that is no socket is there");
    for (const int type : clients) {
        const int answer = probe_server(local, type);
        if (answer == ENOENT)
            return false;
        if (answer == 0 || answer == EPROTOTYPE)
            throw_in_use(local, "another server listens there");
        if (answer != ECONNREFUSED)
            throw_in_use(local, "a socket is there, and whether it is stale cannot be told (" +
                                    std::system_category().message(answer) + ")");
    }
    return true;
}

/// Makes room at `local` where a stale socket is; throws for anything else that is there.
///
/// Datagrams ask, whatever the socket is: they disturb no live one, and are not refused by one that
/// is bound but does not listen yet, as a stream would be. But gVisor has streams refuse them; so a
/// stream asks as well, once no other process can take the path over and be given that client.
void remove_stale(const address& local) {
    if (!is_stale(local, {SOCK_DGRAM}))
        return;
    const std::string path = local.path();
    const removal_lock lock(path);
    if (lock.error() == std::errc::operation_would_block)
        throw_in_use(local, "another process is taking it over");
    if (lock.error())
        throw_unbound(local, lock.error(),
                      "a stale socket is there, and " + path + ".lock cannot be locked");
    if (is_stale(local, {SOCK_DGRAM, SOCK_STREAM}) && ::unlink(path.c_str()) < 0)
        throw_unbound(local, last_error(), "a stale socket is there that cannot be removed");
}

}  // namespace

void throw_unbound(const address& local, std::error_code error, const std::string& why) {
    throw std::system_error(error, "cannot bind to " + local.to_string() +
                                       (why.empty() ? why : ": " + why));
}

socket_file bind_to_path(socket& unbound, const address& local, const bind_options& options) {
    std::string path = std::filesystem::absolute(local.path());  // also after a chdir(2)
    // The file takes the mode of the socket, less the umask: so never, not even between bind and
    // chmod, which would be long enough to send a datagram, may more people in than are meant to.
    if (options.mode && ::fchmod(unbound.native_handle(), *options.mode) < 0)
        throw_unbound(local, last_error(), "fchmod");
    std::error_code error;
    unbound.bind(local, error);
    if (error == std::errc::address_in_use && options.replace_stale) {
        remove_stale(local);
        unbound.bind(local, error);
    }
    if (error)
        throw_unbound(local, error);
    socket_file file(std::move(path));
    if (options.mode && ::chmod(local.path().c_str(), *options.mode) < 0)
        throw_unbound(local, last_error(), "chmod");
    if (!options.unlink_on_close)
        file.release();
    return file;
}

}  // namespace ringlet::detail
