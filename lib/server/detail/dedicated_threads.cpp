#include "dedicated_threads.hpp"
#include "for_one_request.hpp"

#include <memory>

namespace ringlet::detail {

class dedicated_threads::dedicated final : public list_hook, private inbox::work_item {
public:
    explicit dedicated(dedicated_threads& started_by)
        : started_by_(started_by), thread_(started_by.options_) {}

    void begin(accepted_request request) { thread_.spawn(handle(std::move(request))); }
    void cancel() { thread_.cancel(); }

private:
    task<> handle(accepted_request request) {
        co_await std::move(request.handling);
        started_by_.owner().core().post(*this);
    }

    void run() override {
        dedicated_threads& started_by = started_by_;
        unlink();
        delete this;
        started_by.ended();
    }
    void discard() noexcept override {}

    dedicated_threads& started_by_;
    worker_thread thread_;
};

dedicated_threads::dedicated_threads(loop& owner, std::size_t running_max,
                                     const loop_options& options)
    : executor(owner, running_max), options_(for_one_request(options)) {}

dedicated_threads::~dedicated_threads() = default;

void dedicated_threads::start(accepted_request request) {
    auto made = std::make_unique<dedicated>(*this);
    made->begin(std::move(request));
    if (cancelled_)  // which this one has missed
        made->cancel();
    running_.push_back(*made.release());
}

void dedicated_threads::cancel() {
    executor::cancel();
    cancelled_ = true;
    running_.for_each([](dedicated& each) { each.cancel(); });
}

}  // namespace ringlet::detail
