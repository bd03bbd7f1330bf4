#pragma once

namespace ringlet {

/// What a broadcast does when it is full of items that slow subscriptions have yet to receive.
enum class slow_receivers {
    wait,         ///< The sender waits for the slowest subscription: no item is missed.
    drop_oldest,  ///< Slow subscriptions miss the oldest items, and are told how many.
    disconnect,   ///< Slow subscriptions get an error and no more items; the others do not notice.
};

}  // namespace ringlet
