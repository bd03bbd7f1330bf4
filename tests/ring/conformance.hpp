#pragma once

// What the conformance tests share: the same bodies run on every ring, as bare SQEs and CQEs, and
// the kernel's behaviour is the truth.

#include "sockets.hpp"
#include "time_limit.hpp"

#include <ringlet/ring/epoll_ring.hpp>
#include <ringlet/ring/kernel_ring.hpp>
#include <ringlet/ring/make_ring.hpp>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// In what a ring differs from the kernel's, as the ring's own header says. Whatever behaves so is
/// asserted either way.
struct divergences {
    bool closing_ends_the_file = false;   // also where something waits on the descriptor
    bool limit_counts_at_accept = false;  // that on descriptors; not when the accept is armed
    bool cancels_by_number = false;       // a duplicate of a descriptor is another
};

/// What a ring may lack. Where a test is about it, only the rings that have it are tested.
struct abilities {
    bool system_descriptors = true;  // files, pipes, eventfds, and what system calls do to them
    bool provided_buffers = true;    // out of which a receive chooses one
    bool timeouts = true;            // as operations, which the library does not use
    bool sequenced_packets = true;   // SOCK_SEQPACKET
};

/// A ring, and sockets in its network, which outlives the ring.
struct made_ring {
    std::unique_ptr<sockets> net;
    std::unique_ptr<ringlet::ring> ring;
};

struct ring_under_test {
    std::string name;
    made_ring (*make_with)(const ringlet::ring_options&);
    divergences diverges;
    abilities has;

    [[nodiscard]] made_ring make() const { return make_with({}); }
};

template <ringlet::ring_options::kind Wanted>
made_ring make_with(const ringlet::ring_options& options) {
    ringlet::ring_options wanted = options;
    wanted.wanted = Wanted;
    return {std::make_unique<system_sockets>(), ringlet::make_ring(wanted)};
}

/// Rings of libraries above the floors. Their tests add them before `main` begins.
inline std::vector<ring_under_test>& rings_beside_the_floors() {
    static std::vector<ring_under_test> rings;
    return rings;
}

/// Every ring there is, for Catch2 to generate test runs from.
inline std::vector<ring_under_test> rings_under_test() {
    constexpr divergences none;
    constexpr divergences of_epoll{
        .closing_ends_the_file = true, .limit_counts_at_accept = true, .cancels_by_number = true};
    std::vector<ring_under_test> rings{
        {"kernel", &make_with<ringlet::ring_options::kind::kernel>, none, {}},
        {"epoll", &make_with<ringlet::ring_options::kind::epoll>, of_epoll, {}}};
    const std::vector<ring_under_test>& others = rings_beside_the_floors();
    rings.insert(rings.end(), others.begin(), others.end());
    return rings;
}

/// The rings that have what a test is about: `rings_with(&abilities::system_descriptors)`.
inline std::vector<ring_under_test> rings_with(bool abilities::*wanted) {
    std::vector<ring_under_test> rings = rings_under_test();
    std::erase_if(rings, [&](const ring_under_test& each) { return !(each.has.*wanted); });
    return rings;
}

/// Hands over what is prepared, and takes what has completed by then.
inline void hand_over(ringlet::ring& ring) {
    ring.enter(ring.submissions().prepared(), 0, ringlet::ring::no_deadline);
}

/// Puts one SQE into the queue, filled in by `prepare(sqe)`. Where the queue is full it hands over
/// first what is prepared.
template <class Prepare>
void prepare_as(ringlet::ring& ring, std::uint64_t user_data, Prepare prepare) {
    io_uring_sqe* sqe = ring.submissions().next();
    if (sqe == nullptr) {
        hand_over(ring);
        sqe = ring.submissions().next();
    }
    if (sqe == nullptr)
        throw std::runtime_error("the submission queue is full");
    prepare(sqe);
    sqe->user_data = user_data;
}

/// Hands over what is prepared, and waits for the next completion; up to the time limit.
inline ringlet::detail::completion next_completion(ringlet::ring& ring) {
    const auto limit = ring.now() + time_limit;
    while (ring.completions().ready() == 0) {
        if (ring.now() >= limit)
            throw std::runtime_error("waited in vain for a completion");
        ring.enter(ring.submissions().prepared(), 1, limit);
    }
    return ring.completions().pop();
}

/// Hands over what is prepared, and says whether nothing completes of what is ready by then.
inline bool nothing_completes(ringlet::ring& ring) {
    hand_over(ring);
    return ring.completions().ready() == 0;
}

/// The results of the next `count` completions by whose they are, in whichever order they come.
inline std::map<std::uint64_t, int> next_results(ringlet::ring& ring, int count) {
    std::map<std::uint64_t, int> results;
    for (int i = 0; i < count; ++i) {
        const ringlet::detail::completion cqe = next_completion(ring);
        results[cqe.user_data] = cqe.result;
    }
    return results;
}

/// Takes what comes at `fd` while `ring` goes on with what it sends there: `size` bytes, or fewer
/// where the stream ends.
inline std::string take_from(sockets& net, ringlet::ring& ring, int fd, std::size_t size) {
    using namespace std::chrono_literals;
    std::string taken(size, '\0');
    std::size_t count = 0;
    while (count < size) {
        const bool sends = ring.completions().ready() == 0;
        const int piece = net.recv(fd, std::span(taken).subspan(count), sends ? MSG_DONTWAIT : 0);
        if (piece > 0)
            count += static_cast<std::size_t>(piece);
        else if (piece == -EAGAIN)
            ring.enter(ring.submissions().prepared(), 1, ring.now() + 1ms);
        else
            break;
    }
    taken.resize(count);
    return taken;
}

/// What one SQE comes to while nothing else is in flight.
template <class Prepare>
int result_of(ringlet::ring& ring, Prepare prepare) {
    prepare_as(ring, 1, prepare);
    return next_completion(ring).result;
}

/// What comes of receiving one byte from a stream: 1, 0 at its end, or -errno.
inline int receive_byte(ringlet::ring& ring, const ringlet::socket& from) {
    char byte = 0;
    return result_of(ring, [&](io_uring_sqe* sqe) {
        io_uring_prep_recv(sqe, from.native_handle(), &byte, 1, 0);
    });
}

/// What comes of sending one byte to a stream: 1, or -errno.
inline int send_byte(ringlet::ring& ring, const ringlet::socket& to) {
    return result_of(
        ring, [&](io_uring_sqe* sqe) { io_uring_prep_send(sqe, to.native_handle(), "x", 1, 0); });
}

/// Cancels what `target` names: the results of the cancel and of its target.
inline std::pair<int, int> cancel(ringlet::ring& ring, std::uint64_t target) {
    const std::uint64_t own = ~target;
    prepare_as(ring, own, [&](io_uring_sqe* sqe) { io_uring_prep_cancel64(sqe, target, 0); });
    const std::map<std::uint64_t, int> results = next_results(ring, 2);
    return {results.at(own), results.at(target)};
}

inline constexpr std::pair<int, int> cancelled{0, -ECANCELED};

/// As cancel, again and again until the target is found. The kernel's ring (Linux 6.18) does not
/// find what it is about to try again, such as a send that has just made some progress: then the
/// cancel answers -ENOENT, and its target is in flight still.
inline std::pair<int, int> cancel_at_last(ringlet::ring& ring, std::uint64_t target) {
    const std::uint64_t own = ~target;
    const auto limit = ring.now() + time_limit;
    std::map<std::uint64_t, int> results;
    while (!results.contains(target) || !results.contains(own)) {
        if (ring.now() >= limit)
            throw std::runtime_error("what was cancelled did not end");
        if (!results.contains(target) && (!results.contains(own) || results[own] == -ENOENT)) {
            prepare_as(ring, own,
                       [&](io_uring_sqe* sqe) { io_uring_prep_cancel64(sqe, target, 0); });
            results.erase(own);
        }
        do {
            const ringlet::detail::completion cqe = next_completion(ring);
            results[cqe.user_data] = cqe.result;
        } while (!results.contains(own));
    }
    return {results.at(own), results.at(target)};
}
