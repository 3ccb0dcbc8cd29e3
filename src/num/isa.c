#include "num/isa.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"base", "avx2", "avx512"};

/* The builtins ask the processor and the operating system both. */
static rsp_isa_level highest(void)
{
#if defined RSP_ISA_ALL && defined __x86_64__
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
        !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("fma")) {
        return RSP_ISA_LEVEL_BASE;
    }
    if (!__builtin_cpu_supports("avx512f") ||
        !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512cd") ||
        !__builtin_cpu_supports("avx512dq") ||
        !__builtin_cpu_supports("avx512vl")) {
        return RSP_ISA_LEVEL_AVX2;
    }
    return RSP_ISA_LEVEL_AVX512;
#else
    return RSP_ISA_LEVEL_BASE;
#endif
}

rsp_isa_level rsp_isa_choose(void)
{
    const rsp_isa_level can = highest();
    const char *wish = getenv("RESPITE_ISA");
    if (!wish || !*wish) {
        return can;
    }
    rsp_isa_level level = RSP_ISA_LEVEL_BASE;
    for (int i = 0; i <= RSP_ISA_LEVEL_AVX512; i++) {
        if (strcmp(wish, names[i]) == 0) {
            level = (rsp_isa_level)i;
        }
    }
    return level < can ? level : can;
}

const char *rsp_isa(void)
{
    return names[rsp_isa_choose()];
}
