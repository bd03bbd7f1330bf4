#pragma once

namespace ringlet::detail {

class job;

/// Has accepted requests handled. Derived classes decide where they are handled, and how many at a
/// time.
///
/// One thread: that of the loop that accepts the requests.
class dispatcher {
public:
    dispatcher() = default;
    dispatcher(const dispatcher&) = delete;
    dispatcher& operator=(const dispatcher&) = delete;

    /// Has a request handled, now or later. Throws where it cannot be; the request is dropped then.
    virtual void dispatch(job& accepted) = 0;

protected:
    ~dispatcher() = default;
};

}  // namespace ringlet::detail
