#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>

#include <coroutine>
#include <system_error>
#include <utility>

namespace ringlet::detail {

/// A request to a reader or a writer, `Side`, that is awaited. What can be answered from memory
/// costs neither a suspension nor an allocation; only otherwise does the side carry it out as a
/// coroutine. It is to be awaited in the expression that makes it.
template <class Side, class Request>
class [[nodiscard]] buffered_operation {
public:
    /// `name` is that of the called function, and the request is made of `arguments`. Awaiting it
    /// throws std::system_error, or stores the error in `error`.
    template <class... Arguments>
    buffered_operation(Side& side, const char* name, error_sink error, Arguments&&... arguments)
        : side_(side), name_(name), error_(error), request_(std::forward<Arguments>(arguments)...) {
    }
    buffered_operation(const buffered_operation&) = delete;
    buffered_operation& operator=(const buffered_operation&) = delete;

    [[nodiscard]] bool await_ready() {
        return side_.may_complete_inline(name_) && request_.attempt() && !request_.failed();
    }

    bool await_suspend(suspension waiter) {
        carrying_out_ = side_.carry_out(request_, name_);
        return std::move(carrying_out_).operator co_await().await_suspend(waiter);
    }

    typename Request::result_type await_resume() {
        if (carrying_out_.valid())
            finish();
        else
            error_.clear();
        return request_.take();
    }

private:
    void finish() {
        try {
            std::move(carrying_out_).operator co_await().await_resume();
            error_.clear();
        } catch (const std::system_error& failed) {
            request_.abandon();
            error_.report_handled(failed);
        } catch (...) {
            request_.abandon();
            throw;
        }
    }

    Side& side_;
    const char* name_;
    error_sink error_;
    Request request_;
    task<> carrying_out_;
};

}  // namespace ringlet::detail
