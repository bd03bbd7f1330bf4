#pragma once

namespace ringlet {

/// Which ring is made, how large, and how. Sizes are rounded up to a power of two.
struct ring_options {
    /// The rings there are: see kernel_ring and epoll_ring. `any` is the one that the environment
    /// variable RINGLET_RING names; where it names none, the kernel's, or else epoll's.
    enum class kind { any, kernel, epoll };
    kind wanted = kind::any;

    /// SQEs that fit before an `enter` has to hand them over; 1 to 32,768.
    unsigned submission_entries = 512;

    /// CQEs that fit before completions overflow (nothing is lost then, but it costs time);
    /// at least `submission_entries`, at most 65,536.
    unsigned completion_entries = 8192;

    /// The first set-up to try, from the best that a recent kernel offers (0) to the plainest (3).
    /// A kernel that refuses one is offered the next; see kernel_ring.
    unsigned first_setup = 0;
};

}  // namespace ringlet
