#include <ringlet/net/resolve.hpp>

#include <netdb.h>

#include <string>

namespace ringlet {

const std::error_category& resolver_category() noexcept {
    static const class final : public std::error_category {
        const char* name() const noexcept override { return "resolver"; }
        std::string message(int code) const override { return ::gai_strerror(code); }
    } category;
    return category;
}

}  // namespace ringlet
