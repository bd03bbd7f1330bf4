#pragma once

#include <ringlet/ring/thread_pool.hpp>

#include <sys/socket.h>

namespace ringlet {

/// How a host name is resolved.
struct resolve_options {
    /// AF_INET or AF_INET6 for addresses of that family only. Where both will do, a name is asked
    /// for those that this machine has an address of its own for (AI_ADDRCONFIG).
    int family = AF_UNSPEC;

    /// Whose threads wait for the resolver; the pool that the process shares where there is none.
    /// Its limits are those of look-ups. A name server that does not answer holds a thread for as
    /// long as resolv.conf(5) says, also when nobody waits for the answer any longer: a program
    /// that resolves the names of strangers gives this a pool of its own.
    thread_pool* pool = nullptr;
};

}  // namespace ringlet
