#pragma once

// Everything a program needs that writes servers and clients. The blocks are the floors, each of
// which stands on those before it.

#include <ringlet/ring/check.hpp>
#include <ringlet/ring/completion.hpp>
#include <ringlet/ring/completion_queue.hpp>
#include <ringlet/ring/kernel_ring.hpp>
#include <ringlet/ring/network.hpp>
#include <ringlet/ring/ring.hpp>
#include <ringlet/ring/ring_options.hpp>
#include <ringlet/ring/submission_queue.hpp>

#include <ringlet/loop/close_operation.hpp>
#include <ringlet/loop/connect_operation.hpp>
#include <ringlet/loop/deadline_after.hpp>
#include <ringlet/loop/direction.hpp>
#include <ringlet/loop/dump_tasks.hpp>
#include <ringlet/loop/frame_pool.hpp>
#include <ringlet/loop/gathered_send_operation.hpp>
#include <ringlet/loop/inbox.hpp>
#include <ringlet/loop/intrusive_list.hpp>
#include <ringlet/loop/list_hook.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/loop/loop_options.hpp>
#include <ringlet/loop/loop_statistics.hpp>
#include <ringlet/loop/operation.hpp>
#include <ringlet/loop/operation_scope.hpp>
#include <ringlet/loop/poll_operation.hpp>
#include <ringlet/loop/recv_operation.hpp>
#include <ringlet/loop/ring_awaitable.hpp>
#include <ringlet/loop/ring_operation.hpp>
#include <ringlet/loop/send_operation.hpp>
#include <ringlet/loop/sleep_operation.hpp>
#include <ringlet/loop/suspended_task.hpp>
#include <ringlet/loop/suspension.hpp>
#include <ringlet/loop/timer.hpp>
#include <ringlet/loop/timer_queue.hpp>
#include <ringlet/loop/yield_operation.hpp>

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/channel.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/first_success.hpp>
#include <ringlet/coro/interval.hpp>
#include <ringlet/coro/join_operation.hpp>
#include <ringlet/coro/mutex.hpp>
#include <ringlet/coro/queued_operation.hpp>
#include <ringlet/coro/scoped_await.hpp>
#include <ringlet/coro/semaphore.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/sleep_until.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/coro/when_all.hpp>
#include <ringlet/coro/when_any.hpp>
#include <ringlet/coro/when_any_result.hpp>
#include <ringlet/coro/with_deadline.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/coro/yield.hpp>

#include <ringlet/net/accept_operation.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/buffer_sequence_send.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/listener.hpp>
#include <ringlet/net/listener_options.hpp>
#include <ringlet/net/mutable_buffer.hpp>
#include <ringlet/net/resolver_category.hpp>
#include <ringlet/net/socket.hpp>
#include <ringlet/net/stream.hpp>

#include <ringlet/server/base_request_handler.hpp>
#include <ringlet/server/connection_handler.hpp>
#include <ringlet/server/handler.hpp>
#include <ringlet/server/server.hpp>
#include <ringlet/server/server_options.hpp>
#include <ringlet/server/shutdown_signal.hpp>
#include <ringlet/server/stream_request_handler.hpp>
#include <ringlet/server/stream_server.hpp>
#include <ringlet/server/tcp_server.hpp>
