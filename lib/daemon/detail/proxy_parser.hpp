#pragma once

#include "daemon/detail/proxy_block.hpp"
#include "daemon/detail/proxy_line.hpp"

#include <ringlet/daemon/proxy_header.hpp>

#include <cstddef>
#include <string_view>
#include <system_error>

namespace ringlet::daemon::detail {

/// Reads one header of the PROXY protocol, of either version, from bytes as they come: one at a
/// time, or in pieces. It takes no byte behind the header, and none behind one that is wrong.
///
///     proxy_parser parser({});
///     while (const auto wanted = parser.wanted())
///         parser.take(receive(wanted));
class proxy_parser {
public:
    explicit proxy_parser(const proxy_limits& limits) noexcept : block_(limits) {}

    /// How many more bytes the header has at least, so that whoever receives no more than these
    /// takes none of what follows it; 0 once the header is whole or wrong.
    [[nodiscard]] std::size_t wanted() const noexcept;

    /// Takes bytes, up to the end of the header. Yields how many it has taken.
    std::size_t take(std::string_view bytes);

    /// Whether the header has come, and nothing is wrong with it.
    [[nodiscard]] bool whole() const noexcept {
        return !error_ && (form_ == form::line ? line_.whole() : block_.whole());
    }

    /// What is wrong with the header; an error of proxy_errc.
    [[nodiscard]] std::error_code error() const noexcept { return error_; }

    /// The header, which is meaningful once it is whole.
    [[nodiscard]] proxy_header& header() noexcept { return header_; }

private:
    enum class form { undecided, line, block };

    void decide(char first) noexcept;

    form form_ = form::undecided;
    proxy_line line_;
    proxy_block block_;
    proxy_header header_;
    std::error_code error_;
};

}  // namespace ringlet::daemon::detail
