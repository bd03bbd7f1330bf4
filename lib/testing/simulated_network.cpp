#include "testing/detail/node.hpp"
#include "testing/detail/world.hpp"

#include <ringlet/testing/simulated_network.hpp>

#include <stdexcept>
#include <string>

namespace ringlet::testing {

namespace {

detail::node& host_named(detail::world& owner, std::string_view name) {
    if (detail::node* const found = owner.find_node(name))
        return *found;
    std::string text = "the simulation has no host \"" + std::string(name) + "\"; it has";
    for (const auto& each : owner.nodes())
        text += (each == owner.nodes().front() ? " " : ", ") + each->name();
    throw std::invalid_argument(text);
}

}  // namespace

void simulated_network::cut(std::string_view one, std::string_view other,
                            std::chrono::nanoseconds time) {
    cut_one_way(one, other, time);
    cut_one_way(other, one, time);
}

void simulated_network::cut_one_way(std::string_view from, std::string_view to,
                                    std::chrono::nanoseconds time) {
    world_.way(host_named(world_, from), host_named(world_, to)).cut_until = world_.now() + time;
}

void simulated_network::hold(std::string_view one, std::string_view other) {
    world_.way(host_named(world_, one), host_named(world_, other)).held = true;
    world_.way(host_named(world_, other), host_named(world_, one)).held = true;
}

void simulated_network::release(std::string_view one, std::string_view other) {
    for (const auto& [from, to] : {std::pair(one, other), std::pair(other, one)}) {
        detail::link& way = world_.way(host_named(world_, from), host_named(world_, to));
        way.held = false;
        way.cut_until = {};
    }
}

void simulated_network::set_latency(std::string_view one, std::string_view other,
                                    std::chrono::nanoseconds time) {
    world_.way(host_named(world_, one), host_named(world_, other)).latency = time;
    world_.way(host_named(world_, other), host_named(world_, one)).latency = time;
}

}  // namespace ringlet::testing
