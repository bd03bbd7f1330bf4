#include <ringlet/file/detail/write_at_operation.hpp>

namespace ringlet::detail {

void write_at_operation::complete(const completion& cqe) {
    if (cqe.result <= 0) {
        // A file that takes nothing and reports no error takes nothing more.
        ring_operation::complete(cqe.result == 0 ? completion{0, -EIO, 0} : cqe);
        return;
    }
    bytes_.note_gone(static_cast<std::size_t>(cqe.result));
    go_on();
}

}  // namespace ringlet::detail
