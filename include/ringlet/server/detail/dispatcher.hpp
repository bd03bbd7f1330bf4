#pragma once

namespace ringlet::detail {

class job;

/// Has accepted requests handled: where, and how many at a time, is for the classes that derive
/// from it.
///
/// One thread: that of the loop which accepts the requests.
class dispatcher {
public:
    dispatcher() = default;
    dispatcher(const dispatcher&) = delete;
    dispatcher& operator=(const dispatcher&) = delete;

    /// Has a request handled. Throws where there is no thread, process or memory left for it; the
    /// request is dropped then.
    virtual void dispatch(job& accepted) = 0;

protected:
    ~dispatcher() = default;
};

}  // namespace ringlet::detail
