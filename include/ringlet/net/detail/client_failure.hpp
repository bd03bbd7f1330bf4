#pragma once

#include <ringlet/base/error_sink.hpp>

#include <system_error>

namespace ringlet::detail {

/// Says of a stream that a server has accepted it: the failures of its operations are those of the
/// server's client, and are thrown as client_failure.
struct of_client {};

/// The exception of an operation on the stream to a server's client, or of a reply for which the
/// client has no room. So the server can tell it from every other exception of the handler, such as
/// that of a connection to elsewhere.
class client_failure final : public std::system_error {
public:
    using std::system_error::system_error;
};

/// Reports to `error` how a call on a stream has ended; `what` names it in an exception's text. On
/// the stream of a server's client the exception is a client_failure.
inline void report(error_sink error, std::error_code outcome, const char* what, bool of_client) {
    if (outcome && of_client && !error.stores())
        throw client_failure(outcome, what);
    error.report(outcome, what);
}

}  // namespace ringlet::detail
