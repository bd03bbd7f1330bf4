#include "net/detail/look_up.hpp"

#include <ringlet/loop/loop.hpp>
#include <ringlet/net/resolve.hpp>

#include <netdb.h>

#include <atomic>
#include <memory>
#include <new>
#include <utility>

namespace ringlet {

namespace {

/// A question to the resolver. It owns all that the thread works on which waits for the answer, so
/// that whoever has asked may leave before.
class query final : public thread_pool::job, private detail::inbox::work_item {
public:
    /// Who has asked; told of the answer in its loop.
    class asker {
    public:
        virtual void answered() noexcept = 0;

    protected:
        ~asker() = default;
    };

    query(std::string host, int port, int family)
        : host_(std::move(host)), port_(port), family_(family) {}

    /// Submits `asked`: 0 or `-errno`, as the pool says.
    static int ask(const std::shared_ptr<query>& asked, thread_pool& pool, detail::loop_core& owner,
                   asker& waiting) noexcept {
        asked->owner_ = &owner;
        asked->asker_ = &waiting;
        asked->self_ = asked;
        const int submitted = pool.submit(*asked);
        if (submitted < 0)
            asked->self_.reset();
        return submitted;
    }

    /// Nobody waits any longer. False if the answer is there, and on its way.
    bool abandon(thread_pool& pool) noexcept {
        if (pool.withdraw(*this)) {
            self_.reset();
            return true;
        }
        state awaited = state::asked;
        return state_.compare_exchange_strong(awaited, state::abandoned);
    }

    std::vector<address> addresses;
    std::error_code error;

private:
    enum class state { asked, answered, abandoned };

    void work() noexcept override {
        try {
            addresses = detail::look_up(host_, port_, family_,
                                        family_ == AF_UNSPEC ? AI_ADDRCONFIG : 0, error);
        } catch (const std::bad_alloc&) {
            error = std::make_error_code(std::errc::not_enough_memory);
        }
    }

    void report_end() noexcept override {
        if (state_.exchange(state::answered) == state::asked)
            owner_->post(*this);
        else
            self_.reset();
    }

    // In the loop again.
    void run() override {
        const std::shared_ptr<query> self = std::move(self_);
        asker_->answered();
    }
    void discard() noexcept override { self_.reset(); }

    const std::string host_;
    const int port_;
    const int family_;
    detail::loop_core* owner_ = nullptr;
    asker* asker_ = nullptr;
    std::atomic<state> state_{state::asked};
    std::shared_ptr<query> self_;  // while the pool or the inbox has it
};

/// A coroutine's wait for an answer.
class look_up_operation final : public detail::operation, private query::asker {
public:
    look_up_operation(detail::loop_core& core, thread_pool& pool,
                      std::shared_ptr<query> asked) noexcept
        : detail::operation(core), pool_(pool), query_(std::move(asked)) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }

    bool await_suspend(detail::suspension waiter) noexcept {
        if (!admit() || (result_ = query::ask(query_, pool_, *core_, *this)) < 0)
            return false;
        suspend(waiter);
        return true;
    }

    std::error_code await_resume() const noexcept { return result_ < 0 ? error() : query_->error; }

    void cancel() override {
        if (query_->abandon(pool_))
            resume_later(-ECANCELED);
    }

private:
    void answered() noexcept override { resume_later(0); }

    thread_pool& pool_;
    std::shared_ptr<query> query_;
};

/// What `host` is without a look-up; nothing if it is a name.
std::vector<address> known_addresses(const std::string& host, int port) {
    const std::optional<address> literal = address::literal(host, port);
    if (!literal)
        return {};
    if (host == "localhost")
        return {address("::1", port), *literal};
    return {*literal};
}

}  // namespace

task<std::vector<address>> resolve(std::string host, int port, resolve_options options,
                                   std::error_code& error) {
    loop& current = loop::require_current("resolve");
    error.clear();
    std::vector<address> found = known_addresses(host, port);
    if (!found.empty()) {
        std::erase_if(found, [&](const address& each) {
            return options.family != AF_UNSPEC && each.family() != options.family;
        });
        if (found.empty())
            error = std::error_code(EAI_ADDRFAMILY, resolver_category());
        co_return found;
    }
    auto asked = std::make_shared<query>(std::move(host), port, options.family);
    thread_pool& pool = options.pool != nullptr ? *options.pool : thread_pool::shared();
    error = co_await look_up_operation(current.core(), pool, asked);
    if (!error)
        found = std::move(asked->addresses);
    co_return found;
}

task<std::vector<address>> resolve(std::string host, int port, resolve_options options) {
    std::error_code error;
    std::vector<address> found = co_await resolve(host, port, options, error);
    if (error)
        detail::throw_unresolved(host, error);
    co_return found;
}

}  // namespace ringlet
