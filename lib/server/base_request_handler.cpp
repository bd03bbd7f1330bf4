#include <ringlet/server/base_request_handler.hpp>

namespace ringlet {

task<> base_request_handler::setup() {
    co_return;
}

task<> base_request_handler::finish() {
    co_return;
}

}  // namespace ringlet
