#include "net/detail/look_up.hpp"

#include <ringlet/base/thread_pool.hpp>
#include <ringlet/loop/detail/operation.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/net/resolve.hpp>

#include <netdb.h>

#include <atomic>
#include <memory>
#include <new>
#include <utility>

namespace ringlet {

namespace {

/// A question to the resolver. It owns all that the pool's thread uses, so that the coroutine which
/// waits for the answer may be cancelled before it comes.
class query final : public thread_pool::job, private detail::inbox::work_item {
public:
    /// The operation that waits for the answer.
    class waiter {
    public:
        /// The answer has come; called in the operation's loop.
        virtual void answered() noexcept = 0;

    protected:
        ~waiter() = default;
    };

    query(std::string host, int port, int family)
        : host_(std::move(host)), port_(port), family_(family) {}

    /// Submits `submitted` to `pool`: 0 or `-errno`.
    static int submit(const std::shared_ptr<query>& submitted, thread_pool& pool,
                      detail::loop_core& owner, waiter& waiting) noexcept {
        submitted->owner_ = &owner;
        submitted->waiter_ = &waiting;
        submitted->self_ = submitted;
        const int result = pool.submit(*submitted);
        if (result < 0)
            submitted->self_.reset();
        return result;
    }

    /// Tells the query that its operation does not wait any more. False if the answer has come and
    /// is on its way to the operation.
    bool abandon(thread_pool& pool) noexcept {
        if (pool.withdraw(*this)) {
            self_.reset();
            return true;
        }
        state expected = state::asked;
        return state_.compare_exchange_strong(expected, state::abandoned);
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

    // Called in the loop's thread.
    void run() override {
        const std::shared_ptr<query> self = std::move(self_);
        waiter_->answered();
    }
    void discard() noexcept override { self_.reset(); }

    const std::string host_;
    const int port_;
    const int family_;
    detail::loop_core* owner_ = nullptr;
    waiter* waiter_ = nullptr;
    std::atomic<state> state_{state::asked};
    std::shared_ptr<query> self_;  // set while the pool or the inbox has the query
};

/// Waits for the answer to a query, in the frame of the awaiting coroutine.
class look_up_operation final : public detail::operation, private query::waiter {
public:
    look_up_operation(detail::loop_core& core, thread_pool& pool,
                      std::shared_ptr<query> asked) noexcept
        : detail::operation(core), pool_(pool), query_(std::move(asked)) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }

    bool await_suspend(detail::suspension waiter) noexcept {
        if (!admit() || (result_ = query::submit(query_, pool_, *core_, *this)) < 0)
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

/// The addresses of a `host` that takes no look-up; none if it is a name.
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
        std::erase_if(found, [&](const address& known) {
            return options.family != AF_UNSPEC && known.family() != options.family;
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
