#pragma once

#include <ringlet/server/detail/with_concurrency.hpp>

namespace ringlet {

/// A server that handles its requests in threads: by default in a pool of them, or, where the
/// options say thread_per_request, each request in a thread that handles no other at the time. The
/// constructors are those of `Server`. They also throw std::invalid_argument where the options ask
/// for child processes; concurrency::loop, the default of the options, stands for the pool.
///
///     ringlet::threading<ringlet::tcp_server> server({"127.0.0.1", 9999}, echo);
template <class Server>
class threading : public detail::with_concurrency<Server, concurrency::threads,
                                                  concurrency::thread_per_request> {
public:
    using threading::with_concurrency::with_concurrency;
};

}  // namespace ringlet
