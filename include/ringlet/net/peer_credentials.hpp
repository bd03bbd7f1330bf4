#pragma once

#include <sys/types.h>

namespace ringlet {

/// The process at the other end of a Unix stream, as it was when it called connect(2), listen(2) or
/// socketpair(2). It may have other rights by now, or may have handed its end to another process.
/// SO_PEERCRED, unix(7).
struct peer_credentials {
    pid_t pid;  ///< The process id; 0 for a process that is not visible here: pid_namespaces(7).
    uid_t uid;  ///< The effective user id.
    gid_t gid;  ///< The effective group id.
};

}  // namespace ringlet
