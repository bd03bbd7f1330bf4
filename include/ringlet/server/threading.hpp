#pragma once

#include <ringlet/server/detail/with_concurrency.hpp>

namespace ringlet {

/// A server whose requests are handled in threads: by default in a pool of them, or, where the
/// options say thread_per_request, each in one that handles no other at the time. Its constructors
/// are those of `Server`. They throw std::invalid_argument too where the options ask for child
/// processes; concurrency::loop, which options have by default, stands for the pool.
///
///     ringlet::threading<ringlet::tcp_server> server({"127.0.0.1", 9999}, echo);
template <class Server>
class threading : public detail::with_concurrency<Server, concurrency::threads,
                                                  concurrency::thread_per_request> {
public:
    using threading::with_concurrency::with_concurrency;
};

}  // namespace ringlet
