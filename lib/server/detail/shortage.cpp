#include "shortage.hpp"
#include "net/detail/accept_error.hpp"

#include <cerrno>
#include <new>

namespace ringlet::detail {

std::error_code shortage_in(const std::exception_ptr& exception) noexcept {
    try {
        std::rethrow_exception(exception);
    } catch (const std::system_error& error) {
        const int number = error.code().default_error_condition().value();
        const bool of_errno =
            error.code().default_error_condition().category() == std::generic_category();
        // EAGAIN is what fork(2) and pthread_create(3) say at the limit of processes.
        if (of_errno && (means_overload(number) || number == EAGAIN))
            return error.code();
    } catch (const std::bad_alloc&) {
        return std::make_error_code(std::errc::not_enough_memory);
    } catch (...) {
        return {};
    }
    return {};
}

}  // namespace ringlet::detail
