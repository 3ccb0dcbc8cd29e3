/* IBM System/360 hexadecimal floating point: sign, 7 bits of exponent of 16 in excess
 * of 64, 56 bits of fraction; big-endian. */
#ifndef RESPITE_DATASET_IBM_H
#define RESPITE_DATASET_IBM_H

#include <stdbool.h>
#include <stddef.h>

/* False: not finite, or its size outside 16^-65 .. 16^63 (1 - 2^-53). Exact: 56 bits
 * take the 53 of a double wherever its leading hexadecimal digit begins. */
bool rsp_ibm_encode(double x, unsigned char out[8]);
/* `length` leading bytes, 2 to 8.  Rounded to nearest even where all 56 bits are in
 * use, as no double was. */
double rsp_ibm_decode(const unsigned char *bytes, size_t length);

#endif
