#pragma once

#include "../milestone.hpp"
#include "hook_trace.hpp"

#include <ringlet/net/datagram_receiver.hpp>
#include <ringlet/net/listener.hpp>
#include <ringlet/server/basic_request_handler.hpp>
#include <ringlet/server/datagram_server.hpp>
#include <ringlet/server/stream_server.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

/// Where the hooks of the current test note their names, and the one that throws.
struct test_state {
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
class traced_handler : public ringlet::basic_request_handler<Request> {
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

template <class Base>
class traced_stream_server : public traced_server<Base> {
public:
    using traced_server<Base>::traced_server;

    bool verify_request(ringlet::stream& request, const ringlet::address& client) override {
        called("verify_request");
        return Base::verify_request(request, client);
    }

protected:
    ringlet::task<ringlet::stream> get_request(ringlet::listener& accepting) override {
        ringlet::stream request = co_await Base::get_request(accepting);
        called("get_request");
        co_return request;
    }
    void process_request(ringlet::stream request, const ringlet::address& client) override {
        called("process_request");
        Base::process_request(std::move(request), client);
    }
    ringlet::task<> finish_request(ringlet::stream& request,
                                   const ringlet::address& client) override {
        called("finish_request");  // no coroutine
        return Base::finish_request(request, client);
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
class traced_datagram_server : public traced_server<Base> {
public:
    using traced_server<Base>::traced_server;

    bool verify_request(const ringlet::datagram& request, const ringlet::address& client) override {
        called("verify_request");
        return Base::verify_request(request, client);
    }

protected:
    ringlet::task<ringlet::datagram> get_request(ringlet::datagram_receiver& receiving) override {
        ringlet::datagram request = co_await Base::get_request(receiving);
        called("get_request");
        co_return request;
    }
    void process_request(ringlet::datagram request, const ringlet::address& client) override {
        called("process_request");
        Base::process_request(std::move(request), client);
    }
    ringlet::task<> finish_request(ringlet::datagram_request& request,
                                   const ringlet::address& client) override {
        called("finish_request");  // no coroutine
        return Base::finish_request(request, client);
    }
};
