#include "acceptor.hpp"

#include <ringlet/net/detail/accept_operation.hpp>

namespace ringlet::detail {

template class next_operation<acceptor>;

stream accept_operation::await_resume() {
    if (error_.stores() || result_ < 0)
        report(error_, "accept");
    return {core_->owner(), result_ < 0 ? socket() : socket(core_->net(), result_)};
}

}  // namespace ringlet::detail
