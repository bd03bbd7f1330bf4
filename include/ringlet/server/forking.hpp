#pragma once

#include <ringlet/server/detail/with_concurrency.hpp>

namespace ringlet {

/// A server that handles its requests in child processes: by default each request in a child of its
/// own, or in a pool of children where the options say forks. Only a handler's own process sees the
/// memory that the handler changes. The constructors are those of `Server`. They also throw
/// std::invalid_argument where the options ask for threads; concurrency::loop, the default of the
/// options, stands for a child for each request.
///
///     ringlet::forking<ringlet::tcp_server> server({"127.0.0.1", 9999}, echo);
template <class Server>
class forking
    : public detail::with_concurrency<Server, concurrency::fork_per_request, concurrency::forks> {
public:
    using forking::with_concurrency::with_concurrency;
};

}  // namespace ringlet
