#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/operation.hpp>

namespace ringlet::detail {

template <class Source>
class ahead_source;

/// Waits for the next item of a source, such as a connection. `Source` derives from ahead_source,
/// whose header has the bodies of these functions.
template <class Source>
class next_operation : public operation {
public:
    [[nodiscard]] bool await_ready() noexcept;
    void await_suspend(suspension waiter);

    void cancel() override;

protected:
    /// Awaiting it throws std::system_error, or stores the error in `error`.
    next_operation(loop_core& core, Source& source, error_sink error) noexcept
        : operation(core), source_(source), error_(error) {}
    ~next_operation() = default;

    Source& source_;
    error_sink error_;

private:
    friend ahead_source<Source>;
};

}  // namespace ringlet::detail
