#include "catch.hpp"

#include <ringlet/net/stream_errc.hpp>
#include <ringlet/server/failure_cause.hpp>

#include <cerrno>
#include <stdexcept>

namespace tests::server_failure_cause {

using ringlet::cause_of;
using ringlet::failure_cause;

namespace {

std::error_code system_error(int number) {
    return {number, std::system_category()};
}

template <class Exception>
failure_cause cause_of_thrown(const Exception& exception) {
    return cause_of(std::make_exception_ptr(exception));
}

}  // namespace

TEST_CASE("the system's errors say why a request failed", "[server]") {
    CHECK(cause_of(system_error(ETIMEDOUT)) == failure_cause::timed_out);
    CHECK(cause_of(std::make_error_code(std::errc::timed_out)) == failure_cause::timed_out);
    CHECK(cause_of(system_error(ECANCELED)) == failure_cause::cancelled);
    CHECK(cause_of(std::make_error_code(std::errc::operation_canceled)) ==
          failure_cause::cancelled);
    for (const int gone : {ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN, EHOSTUNREACH, ENETUNREACH,
                           ENETDOWN, ENETRESET, ECONNREFUSED})
        CHECK(cause_of(system_error(gone)) == failure_cause::reset);
    for (const int other : {EMFILE, ENOMEM, EBADF, EACCES})
        CHECK(cause_of(system_error(other)) == failure_cause::other);
    CHECK(cause_of(make_error_code(ringlet::stream_errc::too_long)) == failure_cause::other);
    CHECK(cause_of(std::error_code()) == failure_cause::other);
}

TEST_CASE("an exception has the cause of the error that it carries, if any", "[server]") {
    CHECK(cause_of_thrown(std::system_error(system_error(EPIPE), "send")) == failure_cause::reset);
    CHECK(cause_of_thrown(std::system_error(system_error(ETIMEDOUT), "recv")) ==
          failure_cause::timed_out);
    CHECK(cause_of_thrown(std::system_error(system_error(ECANCELED), "recv")) ==
          failure_cause::cancelled);
    CHECK(cause_of_thrown(std::runtime_error("out of order")) == failure_cause::other);
    CHECK(cause_of_thrown(42) == failure_cause::other);
    CHECK(cause_of(std::exception_ptr()) == failure_cause::other);
}

}  // namespace tests::server_failure_cause
