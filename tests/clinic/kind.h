/* An assay by its kind, with its own settings, in its unit.  It reads the first number
 * observed, and the second where its kind reads one beside.  After cmocka.h. */
#ifndef RESPITE_TESTS_CLINIC_KIND_H
#define RESPITE_TESTS_CLINIC_KIND_H

#include <string.h>

#include "clinic/assay.h"

static clinic_assay make(const char *kind)
{
    size_t n = 0;
    const clinic_assay_model *m = clinic_assay_models(&n);
    clinic_assay a = {.second = -1};
    for (size_t i = 0; i < n; i++) {
        if (strcmp(m[i].name, kind) == 0) {
            a = (clinic_assay){.name = m[i].name, .unit = m[i].unit, .kind = m[i].kind,
                               .factor = 1, .second = m[i].second ? 1 : -1, .second_factor = 1,
                               .settings = m[i].settings};
        }
    }
    assert_non_null(a.name);
    clinic_assay_channels(&a);
    return a;
}

#endif
