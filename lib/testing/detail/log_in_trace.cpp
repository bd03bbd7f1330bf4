#include "log_in_trace.hpp"
#include "node.hpp"
#include "world.hpp"

#include <string>

namespace ringlet::testing::detail {

log_in_trace::log_in_trace() noexcept : before_(set_log(nullptr)), default_log_(set_log(this)) {}

log_in_trace::~log_in_trace() {
    set_log(before_);
}

void log_in_trace::write(const log_record& record) {
    world* const simulated = world::current();
    if (simulated == nullptr || before_ != default_log_)
        before_->write(record);
    if (simulated == nullptr || !simulated->noted().records())
        return;
    const log_line line(record);
    std::string sentence = "logs: " + std::string(line.text());
    sentence.pop_back();  // the newline
    simulated->noted().remark(simulated->elapsed(), simulated->current_node().index(),
                              std::move(sentence));
}

}  // namespace ringlet::testing::detail
