#include "dataset/ibm.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

bool rsp_ibm_encode(double x, unsigned char out[8])
{
    memset(out, 0, 8);
    if (x == 0) {
        return true;
    }
    if (!isfinite(x)) {
        return false;
    }
    int two = 0; /* |x| = m 2^two, 1/2 <= m < 1 */
    double m = frexp(fabs(x), &two);
    int sixteen = two > 0 ? (two + 3) / 4 : -(-two / 4); /* rounded up */
    int exponent = sixteen + 64;
    if (exponent < 0 || exponent > 127) {
        return false;
    }
    uint64_t fraction = (uint64_t)ldexp(m, 56 - (4 * sixteen - two));
    out[0] = (unsigned char)((x < 0 ? 0x80 : 0) | exponent);
    for (int i = 7; i > 0; i--) {
        out[i] = fraction & 0xff;
        fraction >>= 8;
    }
    return true;
}

double rsp_ibm_decode(const unsigned char *bytes, size_t length)
{
    uint64_t fraction = 0;
    for (size_t i = 1; i < 8; i++) {
        fraction = fraction << 8 | (i < length ? bytes[i] : 0u);
    }
    double x = ldexp((double)fraction, 4 * ((bytes[0] & 0x7f) - 64) - 56);
    return fraction && bytes[0] & 0x80 ? -x : x;
}
