#include "respite/core.h"

#include "build_identity.h" /* made by the build: RSP_VERSION_TEXT, RSP_COMMIT_TEXT */

const char *rsp_version(void)
{
    return RSP_VERSION_TEXT;
}

const char *rsp_commit(void)
{
    return RSP_COMMIT_TEXT;
}

const char *rsp_compiler(void)
{
#if defined(__clang__)
    return "clang " __clang_version__;
#elif defined(__GNUC__)
    return "gcc " __VERSION__;
#else
    return "unknown compiler";
#endif
}
