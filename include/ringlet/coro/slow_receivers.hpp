#pragma once

namespace ringlet {

/// What becomes of those who receive more slowly than others send, once as many items as a
/// broadcast holds wait for them.
enum class slow_receivers {
    wait,         ///< the sender waits for the slowest: nobody misses anything
    drop_oldest,  ///< they miss the oldest items, and are told how many
    disconnect,   ///< they receive no more, but an error; the others do not notice
};

}  // namespace ringlet
