#pragma once

#include <ringlet/testing/fault_options.hpp>

#include <array>
#include <bitset>
#include <cstddef>
#include <string_view>

namespace ringlet::testing::detail {

/// The kinds of faults, of which each can be left out.
enum class fault : unsigned {
    jitter,
    short_receive,
    short_send,
    late_completion,
    small_window,
    accept_failure,
    connect_refused,
    connect_hangs,
    reset,
    datagram_lost,
    datagram_duplicated,
    datagram_delayed,
    datagram_no_buffers,
    cut,
    slow_offload,
    count,
};

inline constexpr std::size_t fault_count = static_cast<std::size_t>(fault::count);
using fault_set = std::bitset<fault_count>;

/// What a kind of fault is called in reports, and how likely it may be made. A kind without a
/// probability occurs wherever it can, under the seeds that have it.
struct fault_kind {
    std::string_view name;
    const char* option = nullptr;
    double fault_options::*probability = nullptr;
};

/// Every kind, in the order of `fault`. The order decides what a seed draws.
inline constexpr std::array<fault_kind, fault_count> fault_kinds{{
    {"jitter"},
    {"short receives", "short_receive", &fault_options::short_receive},
    {"short sends", "short_send", &fault_options::short_send},
    {"late completions", "late_completion", &fault_options::late_completion},
    {"small windows"},
    {"failing accepts", "accept_failure", &fault_options::accept_failure},
    {"refused connects", "connect_refused", &fault_options::connect_refused},
    {"hanging connects", "connect_hangs", &fault_options::connect_hangs},
    {"resets", "reset", &fault_options::reset},
    {"lost datagrams", "datagram_lost", &fault_options::datagram_lost},
    {"duplicated datagrams", "datagram_duplicated", &fault_options::datagram_duplicated},
    {"delayed datagrams", "datagram_delayed", &fault_options::datagram_delayed},
    {"ENOBUFS", "datagram_no_buffers", &fault_options::datagram_no_buffers},
    {"cut connections", "cut", &fault_options::cut},
    {"slow offloads"},
}};

}  // namespace ringlet::testing::detail
