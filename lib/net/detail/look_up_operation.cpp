#include "net/detail/look_up_operation.hpp"

#include "base/detail/per_process.hpp"
#include "net/detail/look_up.hpp"

#include <ringlet/loop/detail/loop_core.hpp>

#include <map>
#include <mutex>
#include <new>

namespace ringlet::detail {

namespace {

/// The look-ups of the process that are pending. The mutex guards their recipients too.
struct registry {
    std::mutex mutex;
    std::map<look_up_subject, std::shared_ptr<pending_look_up>> pending;
};

registry& registered() {
    return per_process<registry>::get();
}

}  // namespace

std::shared_ptr<pending_look_up> pending_look_up::join(const look_up_subject& subject,
                                                       recipient& waiting) {
    registry& all = registered();
    const std::lock_guard lock(all.mutex);
    const auto [entry, is_new] = all.pending.try_emplace(subject);
    try {
        if (is_new)
            entry->second = std::make_shared<pending_look_up>(subject);
    } catch (...) {
        all.pending.erase(entry);
        throw;
    }
    if (is_new && subject.pool->submit(*entry->second) < 0) {
        all.pending.erase(entry);
        return nullptr;
    }
    entry->second->waiting_.push_back(waiting);
    return entry->second;
}

bool pending_look_up::leave(recipient& waiting) noexcept {
    registry& all = registered();
    const std::lock_guard lock(all.mutex);
    if (!waiting.linked())
        return false;
    waiting.unlink();
    if (!waiting_.empty())
        return true;
    if (subject_.pool->withdraw(*this))
        all.pending.erase(subject_);
    else
        subject_.pool->abandon(*this);
    return true;
}

void pending_look_up::work() noexcept {
    try {
        addresses = look_up(subject_.host, subject_.family, error);
    } catch (const std::bad_alloc&) {
        error = std::make_error_code(std::errc::not_enough_memory);
    }
}

void pending_look_up::report_end() noexcept {
    registry& all = registered();
    std::shared_ptr<pending_look_up> self;  // destroyed when the mutex is free again
    const std::lock_guard lock(all.mutex);
    const auto entry = all.pending.find(subject_);
    self = std::move(entry->second);
    all.pending.erase(entry);
    while (!waiting_.empty()) {
        recipient& next = waiting_.pop_front();
        next.core_.post(next);
    }
}

bool look_up_operation::await_suspend(suspension waiter) {
    if (!admit())
        return refuse(waiter);
    look_up_ = pending_look_up::join(subject_, *this);
    if (!look_up_) {
        result_ = -EAGAIN;
        return false;
    }
    suspend(waiter);  // nothing resumes it before the loop's next turn
    return true;
}

std::error_code look_up_operation::await_resume() const noexcept {
    return result_ < 0 ? error() : look_up_->error;
}

const std::vector<address>& look_up_operation::addresses() const noexcept {
    return look_up_->addresses;
}

void look_up_operation::cancel() {
    if (look_up_->leave(*this))
        resume_later(-ECANCELED);
}

}  // namespace ringlet::detail
