// The one file in C++: C cannot catch.
#include "sbml/guard.h"

#include <cstdio>
#include <exception>

namespace {
template <typename call>
bool guarded(call &&f, char *why, size_t size) noexcept
{
    try {
        f();
        return true;
    } catch (const std::exception &e) {
        std::snprintf(why, size, "%s", e.what());
    } catch (...) {
        std::snprintf(why, size, "it contradicts itself");
    }
    return false;
}
} // namespace

extern "C" SBMLDocument_t *sbml_guard_read(const char *text, char *why, size_t size)
{
    SBMLDocument_t *d = nullptr;
    guarded([&] { d = readSBMLFromString(text); }, why, size);
    return d;
}

extern "C" bool sbml_guard_check(SBMLDocument_t *d, char *why, size_t size)
{
    return guarded([&] { SBMLDocument_checkConsistency(d); }, why, size);
}
