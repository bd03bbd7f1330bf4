#pragma once

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/base/thread_pool.hpp>
#include <ringlet/loop/detail/operation.hpp>
#include <ringlet/net/address.hpp>

#include <memory>
#include <string>
#include <system_error>
#include <tuple>
#include <vector>

namespace ringlet::detail {

/// A question to the system's resolver: for the addresses of one family that a host has.
struct look_up_subject {
    std::string host;
    int family;  // AF_INET or AF_INET6
    thread_pool* pool;

    bool operator<(const look_up_subject& other) const {
        return std::tie(host, family, pool) < std::tie(other.host, other.family, other.pool);
    }
};

/// A look-up that a thread of a pool makes. However many coroutines of the process want the same
/// addresses at the same time, there is one: a name for which no name server answers holds one
/// thread.
///
/// It owns all that the thread uses, so that the coroutines may be cancelled before the answer
/// comes.
class pending_look_up final : public thread_pool::job {
public:
    /// Where the answer goes; it lives in the operation that waits.
    class recipient : public list_hook, public inbox::work_item {
    public:
        explicit recipient(loop_core& core) noexcept : core_(core) {}

    private:
        friend pending_look_up;

        loop_core& core_;
    };

    explicit pending_look_up(look_up_subject subject) : subject_(std::move(subject)) {}

    /// Adds `waiting` to the look-up of `subject` that is pending, or to a new one: the recipient
    /// is posted to its loop when the answer has come. nullptr if the pool takes no job now. Throws
    /// std::bad_alloc.
    [[nodiscard]] static std::shared_ptr<pending_look_up> join(const look_up_subject& subject,
                                                               recipient& waiting);

    /// Takes `waiting` from the look-up. False if the answer is on its way to it.
    [[nodiscard]] bool leave(recipient& waiting) noexcept;

    /// The answer, for those that it has come to: addresses without a port.
    std::vector<address> addresses;
    std::error_code error;

private:
    void work() noexcept override;
    void report_end() noexcept override;

    const look_up_subject subject_;
    intrusive_list<recipient> waiting_;
};

/// Waits for a look-up, in the frame of the awaiting coroutine. The wait ends soon after it is
/// cancelled, though the resolver cannot be interrupted. Gives the error with which the wait or the
/// look-up ended.
class look_up_operation final : public operation, private pending_look_up::recipient {
public:
    look_up_operation(loop_core& core, look_up_subject subject) noexcept
        : operation(core), recipient(core), subject_(std::move(subject)) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    bool await_suspend(suspension waiter);
    std::error_code await_resume() const noexcept;

    /// The addresses that were found, without a port.
    [[nodiscard]] const std::vector<address>& addresses() const noexcept;

    void cancel() override;

private:
    // Called in the loop's thread.
    void run() override { resume_later(0); }
    void discard() noexcept override {}

    const look_up_subject subject_;
    std::shared_ptr<pending_look_up> look_up_;
};

}  // namespace ringlet::detail
