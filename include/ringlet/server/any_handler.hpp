#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/server/basic_request_handler.hpp>
#include <ringlet/server/handler.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace ringlet {

/// What a server does with a request, made from either form of handler:
/// - a coroutine function, or an object that is called like one: `task<>(Request&)` or
///   `task<>(Request&, server&)`. It is moved in and lives as long as the server, so that a
///   coroutine which is a lambda with captures never outlives them.
/// - `handler<T>`, for a class `T` that derives from basic_request_handler<Request>: an object for
///   each request.
///
/// Where a server has workers, the handler is called in all of them at the same time.
template <class Request>
class any_handler {
public:
    template <class Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, any_handler>)
        any_handler(Function&& function)  // NOLINT: meant to convert
        : handler_(std::make_unique<function_handler<std::decay_t<Function>>>(
              std::forward<Function>(function))) {
        using called = std::decay_t<Function>&;
        static_assert(std::is_invocable_r_v<task<>, called, Request&> ||
                          std::is_invocable_r_v<task<>, called, Request&, server&>,
                      "a handler is a coroutine function ringlet::task<>(Request&) or "
                      "ringlet::task<>(Request&, ringlet::server&), or ringlet::handler<T>, where "
                      "Request is ringlet::stream or ringlet::datagram_request as the server has "
                      "it");
    }

    template <std::derived_from<basic_request_handler<Request>> T>
    any_handler(handler_type<T>)  // NOLINT: meant to convert
        : handler_(std::make_unique<class_handler<T>>()) {}

    /// Handles one request to its end. The arguments must last until then.
    [[nodiscard]] task<> handle(Request& request, const address& client, server& owner) {
        return handler_->handle(request, client, owner);
    }

private:
    struct erased_handler {
        virtual ~erased_handler() = default;
        virtual task<> handle(Request& request, const address& client, server& owner) = 0;
    };

    template <class Function>
    struct function_handler final : erased_handler {
        explicit function_handler(Function moved) : function(std::move(moved)) {}

        task<> handle(Request& request, const address& /*client*/, server& owner) override {
            if constexpr (std::is_invocable_r_v<task<>, Function&, Request&>)
                return function(request);
            else
                return function(request, owner);
        }

        Function function;
    };

    template <class T>
    struct class_handler final : erased_handler {
        task<> handle(Request& request, const address& client, server& owner) override {
            T made;
            static_cast<basic_request_handler<Request>&>(made).attach(request);
            co_await static_cast<request_handler&>(made).run(client, owner);
        }
    };

    std::unique_ptr<erased_handler> handler_;
};

}  // namespace ringlet
