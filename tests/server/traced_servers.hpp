#pragma once

#include "hook_trace.hpp"
#include "milestone.hpp"

#include <ringlet/net/datagram_receiver.hpp>
#include <ringlet/net/listener.hpp>
#include <ringlet/server/datagram_server.hpp>
#include <ringlet/server/request_handler.hpp>
#include <ringlet/server/stream_server.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

/// Where the hooks of the current test note their names, and the one that throws.
struct test_state {
    explicit test_state(std::string failing_hook = {}) : failing(std::move(failing_hook)) {}

    hook_trace trace;
    std::string failing;
};
inline std::optional<test_state> current;

/// A hook has been called.
inline void called(const char* name) {
    current->trace.note(name);
    if (current->failing == name)
        throw std::runtime_error(std::string(name).append(" fails"));
}

template <class Request>
class traced_handler : public ringlet::detail::basic_request_handler<Request> {
public:
    ringlet::task<> setup() override {
        called("setup");
        co_return;
    }
    ringlet::task<> handle() override {
        called("handle");
        co_return;
    }
    ringlet::task<> finish() override {
        called("finish");
        co_return;
    }
};

/// A server, not bound yet, that notes the hooks that all servers have.
template <class Base>
class traced_server : public Base {
public:
    traced_server(const ringlet::address& local, ringlet::server_options options)
        : Base(local, ringlet::handler<traced_handler<typename Base::request_type>>,
               not_bound(options)) {}

    milestone activated{"a server is activated"};

    void server_bind() override {
        called("server_bind");
        Base::server_bind();
    }
    void server_activate() override {
        called("server_activate");
        Base::server_activate();
        activated.reach();
    }
    void handle_error(std::exception_ptr exception, const ringlet::address& /*client*/) override {
        try {
            std::rethrow_exception(exception);
        } catch (const std::exception& error) {
            current->trace.note(error.what());
        }
    }
    void handle_timeout() override { called("handle_timeout"); }
    void service_actions() override { called("service_actions"); }

private:
    static ringlet::server_options not_bound(ringlet::server_options options) {
        options.bind_and_activate = false;
        return options;
    }
};

/// One that also notes the hooks that a request goes through, which is `Taken` from a `Source`.
template <class Base, class Source, class Taken>
class traced_request_server : public traced_server<Base> {
public:
    using traced_server<Base>::traced_server;

protected:
    ringlet::task<Taken> get_request(Source& source) override {
        Taken request = co_await Base::get_request(source);
        called("get_request");
        co_return request;
    }
    void process_request(ringlet::accepted<Taken> request) override {
        called("process_request");
        Base::process_request(std::move(request));
    }
    ringlet::task<> finish_request(typename Base::request_type& request,
                                   const ringlet::address& client) override {
        called("finish_request");  // no coroutine
        return Base::finish_request(request, client);
    }
};

template <class Base>
class traced_stream_server
    : public traced_request_server<Base, ringlet::listener, ringlet::stream> {
public:
    using traced_request_server<Base, ringlet::listener, ringlet::stream>::traced_request_server;

protected:
    ringlet::task<bool> verify_request(ringlet::stream& request,
                                       const ringlet::address& client) override {
        called("verify_request");  // no coroutine
        return Base::verify_request(request, client);
    }
    ringlet::task<> shutdown_request(ringlet::stream& request) override {
        called("shutdown_request");
        return Base::shutdown_request(request);
    }
    ringlet::task<> close_request(ringlet::stream& request) override {
        called("close_request");
        return Base::close_request(request);
    }
};

template <class Base>
class traced_datagram_server
    : public traced_request_server<Base, ringlet::datagram_receiver, ringlet::datagram> {
public:
    using traced_request_server<Base, ringlet::datagram_receiver,
                                ringlet::datagram>::traced_request_server;

    bool verify_request(const ringlet::datagram& request, const ringlet::address& client) override {
        called("verify_request");
        return Base::verify_request(request, client);
    }
};
