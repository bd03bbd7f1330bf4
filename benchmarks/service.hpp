// The service of a server: its way to answer the bytes that it receives.
#pragma once

#include <map>
#include <string>

enum class service {
    echo,       // every byte comes back
    once,       // what comes first comes back, and the server closes the connection
    sink,       // one byte comes back for each message
    source,     // a message comes back for each byte
    broadcast,  // every client gets each message, whoever sent it
};

inline const std::map<std::string, service> services{
    {"echo", service::echo},     {"once", service::once},           {"sink", service::sink},
    {"source", service::source}, {"broadcast", service::broadcast},
};
