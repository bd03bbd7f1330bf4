#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/ring/make_ring.hpp>

namespace ringlet {

loop::loop(const loop_options& options) : loop(make_ring(options.ring), options) {}

loop::loop(std::unique_ptr<ringlet::ring> ring, const loop_options& options)
    : core_(std::make_unique<detail::loop_core>(*this, std::move(ring), options)) {}

loop::~loop() = default;

loop* loop::current() noexcept {
    detail::loop_core* const core = detail::loop_core::current();
    return core == nullptr ? nullptr : &core->owner();
}

loop& loop::require_current(const char* caller) {
    return detail::loop_core::require_current(caller).owner();
}

void loop::run() {
    core_->run();
}

void loop::stop() {
    post([this] { core_->stop(); });
}

void loop::post(detail::inbox::work_item& work) noexcept {
    core_->post(work);
}

loop::clock::time_point loop::now() const noexcept {
    return core_->now();
}

ringlet::ring& loop::ring() noexcept {
    return core_->ring();
}

network& loop::net() noexcept {
    return core_->net();
}

loop_statistics loop::statistics() const noexcept {
    return core_->statistics();
}

void loop::restart_statistics() noexcept {
    core_->restart_statistics();
}

}  // namespace ringlet
