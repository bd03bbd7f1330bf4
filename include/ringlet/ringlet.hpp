#pragma once

// Every public header, floor by floor: each floor stands on those before it.

#include <ringlet/base/error_sink.hpp>
#include <ringlet/base/log.hpp>
#include <ringlet/base/log_throttle.hpp>
#include <ringlet/base/log_value.hpp>
#include <ringlet/base/thread_pool.hpp>

#include <ringlet/ring/epoll_ring.hpp>
#include <ringlet/ring/kernel_ring.hpp>
#include <ringlet/ring/make_ring.hpp>
#include <ringlet/ring/network.hpp>
#include <ringlet/ring/ring.hpp>

#include <ringlet/loop/dump_tasks.hpp>
#include <ringlet/loop/loop.hpp>

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/broadcast.hpp>
#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/channel.hpp>
#include <ringlet/coro/concurrent_channel.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/interval.hpp>
#include <ringlet/coro/mutex.hpp>
#include <ringlet/coro/offload.hpp>
#include <ringlet/coro/poll.hpp>
#include <ringlet/coro/retry.hpp>
#include <ringlet/coro/semaphore.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/signal_set.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/coro/token_bucket.hpp>
#include <ringlet/coro/when_all.hpp>
#include <ringlet/coro/when_any.hpp>
#include <ringlet/coro/with_timeout.hpp>

#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/connect_datagram.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/copy.hpp>
#include <ringlet/net/datagram.hpp>
#include <ringlet/net/datagram_receiver.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/net/duplex_stream.hpp>
#include <ringlet/net/listener.hpp>
#include <ringlet/net/memory_stream.hpp>
#include <ringlet/net/mutable_buffer.hpp>
#include <ringlet/net/packet_info.hpp>
#include <ringlet/net/peer_credentials.hpp>
#include <ringlet/net/readable_stream.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/received_bytes.hpp>
#include <ringlet/net/received_datagram.hpp>
#include <ringlet/net/relay.hpp>
#include <ringlet/net/resolve.hpp>
#include <ringlet/net/socket.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/net/stream_errc.hpp>
#include <ringlet/net/stream_pair.hpp>
#include <ringlet/net/stream_watch.hpp>
#include <ringlet/net/writable_stream.hpp>
#include <ringlet/net/writer.hpp>

#include <ringlet/file/directory.hpp>
#include <ringlet/file/file.hpp>
#include <ringlet/file/send_file.hpp>

#include <ringlet/server/accepted.hpp>
#include <ringlet/server/any_handler.hpp>
#include <ringlet/server/child_process.hpp>
#include <ringlet/server/concurrency.hpp>
#include <ringlet/server/datagram_request.hpp>
#include <ringlet/server/datagram_request_handler.hpp>
#include <ringlet/server/datagram_server.hpp>
#include <ringlet/server/exit_status.hpp>
#include <ringlet/server/failure_cause.hpp>
#include <ringlet/server/forking.hpp>
#include <ringlet/server/request_handler.hpp>
#include <ringlet/server/serve_until_signal.hpp>
#include <ringlet/server/server.hpp>
#include <ringlet/server/server_counters.hpp>
#include <ringlet/server/server_options.hpp>
#include <ringlet/server/serving_thread.hpp>
#include <ringlet/server/stream_request_handler.hpp>
#include <ringlet/server/stream_server.hpp>
#include <ringlet/server/tcp_server.hpp>
#include <ringlet/server/threading.hpp>
#include <ringlet/server/udp_server.hpp>
#include <ringlet/server/unix_datagram_server.hpp>
#include <ringlet/server/unix_stream_server.hpp>
