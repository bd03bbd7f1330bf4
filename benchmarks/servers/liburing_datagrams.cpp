#include "liburing_datagrams.hpp"

#include "liburing_ring.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>

namespace {

// user_data is one of these, or the number of the buffer that is sent from.
enum : std::uint64_t { receive_tag = 1U << 16, stop_tag };

constexpr unsigned buffer_count = 256;  // a power of two
constexpr std::size_t header_bytes = sizeof(io_uring_recvmsg_out) + sizeof(sockaddr_storage);
constexpr std::size_t buffer_bytes = header_bytes + server_main::datagram_size_max;

struct answer {
    msghdr message;
    iovec data;
};

struct server {
    io_uring ring;
    int socket;
    bool stopping;
    bool receiving;
    io_uring_buf_ring* free_buffers;
    std::unique_ptr<std::byte[]> buffers;  // memory is used only as far as datagrams reach
    std::array<answer, buffer_count> answers;
    msghdr shape;  // how much room a name has in front of the data
};

std::byte* buffer_at(server* s, std::size_t number) {
    return s->buffers.get() + number * buffer_bytes;
}

void give_back(server* s, std::size_t number) {
    io_uring_buf_ring_add(s->free_buffers, buffer_at(s, number), buffer_bytes,
                          static_cast<unsigned short>(number), io_uring_buf_ring_mask(buffer_count),
                          0);
    io_uring_buf_ring_advance(s->free_buffers, 1);
}

void create_buffers(server* s) {
    s->buffers.reset(new std::byte[buffer_count * buffer_bytes]);
    const std::size_t bytes = buffer_count * sizeof(io_uring_buf);
    const auto page_multiple = (bytes + 4095) / 4096 * 4096;
    s->free_buffers = static_cast<io_uring_buf_ring*>(std::aligned_alloc(4096, page_multiple));
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uintptr_t>(s->free_buffers);
    registration.ring_entries = buffer_count;
    if (const int result = io_uring_register_buf_ring(&s->ring, &registration, 0); result < 0)
        die("io_uring_register_buf_ring (needs Linux 5.19)", result);
    io_uring_buf_ring_init(s->free_buffers);
    for (std::size_t number = 0; number < buffer_count; ++number)
        give_back(s, number);
}

void prepare_receive(server* s) {
    io_uring_sqe* sqe = next_sqe(&s->ring);
    io_uring_prep_recvmsg_multishot(sqe, s->socket, &s->shape, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = 0;
    io_uring_sqe_set_data64(sqe, receive_tag);
    s->receiving = true;
}

void prepare_stop(server* s, int signals) {
    io_uring_sqe* sqe = next_sqe(&s->ring);
    io_uring_prep_poll_add(sqe, signals, POLLIN);
    io_uring_sqe_set_data64(sqe, stop_tag);
}

void prepare_answer(server* s, std::size_t number, int received) {
    io_uring_recvmsg_out* out =
        io_uring_recvmsg_validate(buffer_at(s, number), received, &s->shape);
    if (out == nullptr)
        return give_back(s, number);
    answer& reply = s->answers[number];
    reply.data = {io_uring_recvmsg_payload(out, &s->shape),
                  io_uring_recvmsg_payload_length(out, received, &s->shape)};
    reply.message = {};
    reply.message.msg_name = io_uring_recvmsg_name(out);
    reply.message.msg_namelen = out->namelen;
    reply.message.msg_iov = &reply.data;
    reply.message.msg_iovlen = 1;
    io_uring_sqe* sqe = next_sqe(&s->ring);
    io_uring_prep_sendmsg(sqe, s->socket, &reply.message, MSG_NOSIGNAL);
    io_uring_sqe_set_data64(sqe, number);
}

// Errors end it, such as that of an earlier answer which found nobody. Without a buffer it begins
// again when one has come back.
void on_received(server* s, const io_uring_cqe& done) {
    if (done.flags & IORING_CQE_F_BUFFER)
        prepare_answer(s, done.flags >> IORING_CQE_BUFFER_SHIFT, done.res);
    s->receiving = (done.flags & IORING_CQE_F_MORE) != 0;
    if (done.res == -EINVAL)
        die("multishot recvmsg (needs Linux 6.0)", done.res);
    if (!s->receiving && done.res != -ENOBUFS)
        prepare_receive(s);
}

void on_completion(server* s, const io_uring_cqe& done) {
    switch (done.user_data) {
    case receive_tag:
        return on_received(s, done);
    case stop_tag:
        s->stopping = true;
        return;
    default:
        give_back(s, done.user_data);
        if (!s->receiving)
            prepare_receive(s);
    }
}

}  // namespace

void serve_datagrams(int socket, int stop, const server_main::options&) {
    server s{};
    s.socket = socket;
    s.shape.msg_namelen = sizeof(sockaddr_storage);
    create_ring(&s.ring);
    create_buffers(&s);
    prepare_receive(&s);
    prepare_stop(&s, stop);
    while (!s.stopping) {
        submit_and_wait(&s.ring);
        each_completion(&s.ring, [&s](const io_uring_cqe& done) { on_completion(&s, done); });
    }
    // The buffers end with the process: the kernel may yet write to them.
    s.buffers.release();
    io_uring_queue_exit(&s.ring);
}
