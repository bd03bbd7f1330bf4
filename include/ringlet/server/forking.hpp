#pragma once

#include <ringlet/server/detail/with_concurrency.hpp>

namespace ringlet {

/// A server whose requests are handled in child processes: by default each in one of its own, or,
/// where the options say forks, in a pool of them. The memory that a handler changes is its
/// process's own. Its constructors are those of `Server`. They throw std::invalid_argument too
/// where the options ask for threads; concurrency::loop, which options have by default, stands for
/// a child for each request.
///
///     ringlet::forking<ringlet::tcp_server> server({"127.0.0.1", 9999}, echo);
template <class Server>
class forking
    : public detail::with_concurrency<Server, concurrency::fork_per_request, concurrency::forks> {
public:
    using forking::with_concurrency::with_concurrency;
};

}  // namespace ringlet
