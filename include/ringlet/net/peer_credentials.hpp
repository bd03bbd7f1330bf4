#pragma once

#include <sys/types.h>

namespace ringlet {

/// The process at the other end of a Unix stream, as it was when it called connect(2), listen(2) or
/// socketpair(2): it may have other rights by now, or have handed its end to somebody else.
struct peer_credentials {
    pid_t pid;  // 0 where it cannot be seen from here: pid_namespaces(7)
    uid_t uid;
    gid_t gid;
};

}  // namespace ringlet
