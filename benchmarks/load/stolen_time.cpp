#include "stolen_time.hpp"

#include <fstream>
#include <string>

// The first line: user nice system idle iowait irq softirq steal; what guests got is in user, too.
cpu_ticks cpu_ticks_now() {
    std::ifstream stat("/proc/stat");
    std::string name;
    stat >> name;
    cpu_ticks ticks;
    constexpr int steal = 7;
    std::uint64_t value = 0;
    for (int field = 0; field <= steal && stat >> value; ++field) {
        ticks.all += value;
        if (field == steal)
            ticks.stolen = value;
    }
    return ticks;
}

double stolen_share_since(const cpu_ticks& start) {
    const cpu_ticks now = cpu_ticks_now();
    if (now.all <= start.all || now.stolen < start.stolen)
        return 0;
    return static_cast<double>(now.stolen - start.stolen) /
           static_cast<double>(now.all - start.all);
}
