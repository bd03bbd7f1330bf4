#pragma once

#include <set>

/// A value that notices when an instance of it is destroyed twice or never, as happens to
/// temporaries of a co_await expression where a compiler gets them wrong.
class counted {
public:
    explicit counted(int number = 0) : number_(number) { alive_.insert(this); }
    counted(const counted& other) : number_(other.number_) { alive_.insert(this); }
    counted(counted&& other) noexcept : number_(other.number_) { alive_.insert(this); }
    counted& operator=(const counted&) = default;
    counted& operator=(counted&&) noexcept = default;
    ~counted() { strays_ += alive_.erase(this) == 0 ? 1 : 0; }

    [[nodiscard]] int number() const noexcept { return number_; }

    /// Forgets all instances from before.
    static void begin() {
        alive_.clear();
        strays_ = 0;
    }

    /// The number of living instances.
    [[nodiscard]] static int alive() noexcept { return static_cast<int>(alive_.size()); }

    /// The number of destroyed instances that were not alive.
    [[nodiscard]] static int strays() noexcept { return strays_; }

private:
    static inline std::set<const counted*> alive_;
    static inline int strays_ = 0;

    int number_;
};
