#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/server/request_handler.hpp>

#include <concepts>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ringlet {

namespace detail {

/// An argument that converts to the class of server that a coroutine function takes as its second
/// parameter.
class server_argument {
public:
    explicit server_argument(server& owner) noexcept : owner_(owner) {}

    template <std::derived_from<server> Own>
    operator Own&() const {  // NOLINT: meant to convert
        return own_server<Own>(owner_);
    }

private:
    server& owner_;
};

template <class Function, class Request>
concept request_function =
    std::is_invocable_r_v<task<>, Function&, Request&> ||
    std::is_invocable_r_v<task<>, Function&, Request&, server&> ||
    std::is_invocable_r_v<task<>, Function&, Request&, server_argument> ||
    std::is_invocable_r_v<task<>, Function&, Request&, const address&> ||
    std::is_invocable_r_v<task<>, Function&, Request&, const address&, server_argument>;

template <class T, class Other>
concept other_than = !std::same_as<std::remove_cvref_t<T>, Other>;

}  // namespace detail

/// The handler of a server's requests, made from either form of handler:
/// - a coroutine function, or an object that is called like one: `task<>(Request&)`. It may also
///   take the client's address, `const address&`, or the server, `my_server&`, where `my_server` is
///   `server` or a class that derives from it, or both in this order. The address is the one that
///   the client had when it was accepted, and lasts as long as the coroutine. The function is moved
///   into the server and lives as long as the server, so a coroutine made by a lambda with captures
///   never outlives the captures.
/// - `handler<T>` or `handler<T>(arguments...)`, for a class `T` that derives from a handler class
///   for this kind of request. The server makes an object of `T` for each request.
///
/// A server with workers calls the handler in all of them at the same time.
template <class Request>
class any_handler {
public:
    template <detail::other_than<any_handler<Request>> Function>
    any_handler(Function&& function)  // NOLINT: meant to convert
        : handler_(std::make_unique<function_handler<std::decay_t<Function>>>(
              std::forward<Function>(function))) {
        static_assert(detail::request_function<std::decay_t<Function>, Request>,
                      "a handler is a coroutine function ringlet::task<>(Request&), which may also "
                      "take const ringlet::address& or ringlet::server&, or both in this order, or "
                      "ringlet::handler<T>, where Request is ringlet::stream or "
                      "ringlet::datagram_request as the server has it");
    }

    template <std::derived_from<detail::basic_request_handler<Request>> T>
    any_handler(detail::handler_class<T> named_class)  // NOLINT: meant to convert
        : any_handler(named_class()) {}

    template <std::derived_from<detail::basic_request_handler<Request>> T, class... Arguments>
    any_handler(detail::handler_of<T, Arguments...> made_from)  // NOLINT: meant to convert
        : handler_(std::make_unique<class_handler<T, Arguments...>>(std::move(made_from))) {
        static_assert(std::is_constructible_v<T, const Arguments&...>,
                      "ringlet::handler<T>(arguments...) takes what a constructor of T takes; each "
                      "argument is given to it as a constant");
    }

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

        task<> handle(Request& request, [[maybe_unused]] const address& client,
                      [[maybe_unused]] server& owner) override {
            using argument = detail::server_argument;
            if constexpr (std::is_invocable_r_v<task<>, Function&, Request&>)
                return function(request);
            else if constexpr (std::is_invocable_r_v<task<>, Function&, Request&, server&>)
                return function(request, owner);
            else if constexpr (std::is_invocable_r_v<task<>, Function&, Request&, argument>)
                return function(request, argument(owner));
            else if constexpr (std::is_invocable_r_v<task<>, Function&, Request&, const address&>)
                return function(request, client);
            else
                return function(request, client, argument(owner));
        }

        Function function;
    };

    template <class T, class... Arguments>
    struct class_handler final : erased_handler {
        explicit class_handler(detail::handler_of<T, Arguments...> kept)
            : made_from(std::move(kept)) {}

        task<> handle(Request& request, const address& client, server& owner) override {
            T handling = std::make_from_tuple<T>(std::as_const(made_from.arguments));
            static_cast<detail::basic_request_handler<Request>&>(handling).attach(request);
            co_await static_cast<request_handler&>(handling).run(client, owner);
        }

        const detail::handler_of<T, Arguments...> made_from;
    };

    std::unique_ptr<erased_handler> handler_;
};

}  // namespace ringlet
