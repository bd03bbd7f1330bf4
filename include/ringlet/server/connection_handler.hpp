#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/server/base_request_handler.hpp>
#include <ringlet/server/handler.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace ringlet {

/// What a server does with a connection, made from either form of handler:
/// - a coroutine function, or an object that is called like one: `task<>(stream&)` or
///   `task<>(stream&, server&)`. It is moved in and lives as long as the server, so that a
///   coroutine which is a lambda with captures never outlives them.
/// - `handler<T>`, for a class `T` that derives from base_request_handler: an object for each
///   connection.
class connection_handler {
public:
    template <class Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, connection_handler>)
        connection_handler(Function&& function)  // NOLINT: meant to convert
        : handler_(std::make_unique<function_handler<std::decay_t<Function>>>(
              std::forward<Function>(function))) {
        using called = std::decay_t<Function>&;
        static_assert(
            std::is_invocable_r_v<task<>, called, stream&> ||
                std::is_invocable_r_v<task<>, called, stream&, server&>,
            "a handler is a coroutine function ringlet::task<>(ringlet::stream&) or "
            "ringlet::task<>(ringlet::stream&, ringlet::server&), or ringlet::handler<T>");
    }

    template <std::derived_from<base_request_handler> T>
    connection_handler(handler_type<T>)  // NOLINT: meant to convert
        : handler_(std::make_unique<class_handler<T>>()) {}

    /// Handles one connection to its end. The arguments must last until then.
    [[nodiscard]] task<> handle(stream& request, const address& client, server& owner) {
        return handler_->handle(request, client, owner);
    }

private:
    struct any_handler {
        virtual ~any_handler() = default;
        virtual task<> handle(stream& request, const address& client, server& owner) = 0;
    };

    template <class Function>
    struct function_handler final : any_handler {
        explicit function_handler(Function moved) : function(std::move(moved)) {}

        task<> handle(stream& request, const address& /*client*/, server& owner) override {
            if constexpr (std::is_invocable_r_v<task<>, Function&, stream&>)
                return function(request);
            else
                return function(request, owner);
        }

        Function function;
    };

    template <class T>
    struct class_handler final : any_handler {
        task<> handle(stream& request, const address& client, server& owner) override {
            T made;
            attach(made, request, client, owner);
            co_await run(made);
        }
    };

    static void attach(base_request_handler& made, stream& request, const address& client,
                       server& owner) noexcept;

    /// setup, handle, finish. Where both of the latter throw, the server hears of both.
    static task<> run(base_request_handler& made);

    std::unique_ptr<any_handler> handler_;
};

}  // namespace ringlet
