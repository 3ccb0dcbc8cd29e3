/* Code compiled once per instruction set (`isa_sources` of the build), and the
 * choice between its twins at run time.
 *
 * A twin defines  void RSP_ISA_NAME(rsp_do)(int x) { ... }  and a user writes
 *     RSP_ISA_DECLARE(void, rsp_do, (int x));
 *     void (*run)(int) = RSP_ISA_CHOOSE(rsp_do);
 * A table of functions:  const rsp_table RSP_ISA_NAME(rsp_all) = { ... };  and
 *     RSP_ISA_DECLARE_TABLE(rsp_table, rsp_all);
 *     const rsp_table *all = RSP_ISA_CHOOSE_TABLE(rsp_all);
 * All twins give the same bits, so the choice is one of speed only. */
#ifndef RESPITE_NUM_ISA_H
#define RESPITE_NUM_ISA_H

#include "respite/num.h"

#define RSP_ISA_PASTE2(name, isa) name##_##isa
#define RSP_ISA_PASTE(name, isa) RSP_ISA_PASTE2(name, isa)
#ifdef RSP_ISA
#define RSP_ISA_NAME(name) RSP_ISA_PASTE(name, RSP_ISA)
#endif

typedef enum rsp_isa_level {
    RSP_ISA_LEVEL_BASE,
    RSP_ISA_LEVEL_AVX2,  /* x86-64-v3 */
    RSP_ISA_LEVEL_AVX512 /* x86-64-v4 */
} rsp_isa_level;

rsp_isa_level rsp_isa_choose(void); /* what rsp_isa() names */

#ifdef RSP_ISA_ALL
#define RSP_ISA_DECLARE(type, name, arguments)                                 \
    type name##_base arguments;                                                \
    type name##_avx2 arguments;                                                \
    type name##_avx512 arguments
#define RSP_ISA_CHOOSE(name)                                                   \
    (rsp_isa_choose() == RSP_ISA_LEVEL_AVX512 ? name##_avx512                  \
     : rsp_isa_choose() == RSP_ISA_LEVEL_AVX2 ? name##_avx2                    \
                                              : name##_base)
#define RSP_ISA_DECLARE_TABLE(type, name)                                      \
    extern const type name##_base, name##_avx2, name##_avx512
#define RSP_ISA_CHOOSE_TABLE(name)                                             \
    (rsp_isa_choose() == RSP_ISA_LEVEL_AVX512 ? &name##_avx512                 \
     : rsp_isa_choose() == RSP_ISA_LEVEL_AVX2 ? &name##_avx2                   \
                                              : &name##_base)
#else
#define RSP_ISA_DECLARE(type, name, arguments) type name##_base arguments
#define RSP_ISA_CHOOSE(name) (name##_base)
#define RSP_ISA_DECLARE_TABLE(type, name) extern const type name##_base
#define RSP_ISA_CHOOSE_TABLE(name) (&name##_base)
#endif

#endif
