/* SPDX-License-Identifier: Apache-2.0 */
#include "datasets/presets.h"

#include "base/opt.h"

#include <string.h>

const struct rkb_preset rkb_presets[] = {
#define RKB_PRESET(...) { __VA_ARGS__ },
#include "datasets/presets.def"
#undef RKB_PRESET
};

const size_t rkb_n_presets = RKB_COUNT(rkb_presets);

const struct rkb_known rkb_knowns[] = {
#define RKB_KNOWN(...) { __VA_ARGS__ },
#include "datasets/known.def"
#undef RKB_KNOWN
    { 0 },
};

/* "scifact" ends "beir/scifact", "android" ends "beir/cqadupstack/android". */
static bool ends_with_part(const char *full, rkb_sv name)
{
    size_t len = strlen(full);

    return name.len > 0 && len > name.len && full[len - name.len - 1] == '/' &&
           memcmp(full + len - name.len, name.at, name.len) == 0;
}

const struct rkb_preset *rkb_preset_find(rkb_sv name)
{
    const struct rkb_preset *found = NULL;
    size_t n = 0;

    for (size_t i = 0; i < rkb_n_presets; i++)
        if (rkb_sv_is(name, rkb_presets[i].name))
            return &rkb_presets[i];
    for (size_t i = 0; i < rkb_n_presets; i++)
        if (!rkb_presets[i].full_name &&
            ends_with_part(rkb_presets[i].name, name)) {
            found = &rkb_presets[i];
            n++;
        }
    return n == 1 ? found : NULL;
}

const char *rkb_preset_nearest(rkb_sv name)
{
    const char *names[2 * RKB_COUNT(rkb_presets)];
    const struct rkb_preset *preset;
    rkb_sv near;

    for (size_t i = 0; i < rkb_n_presets; i++) {
        const char *slash = strrchr(rkb_presets[i].name, '/');

        names[i] = rkb_presets[i].name;
        names[rkb_n_presets + i] = slash ? slash + 1 : names[i];
        if (ends_with_part(names[i], name))
            return names[i];
    }
    near = rkb_nearest(name, names, RKB_COUNT(names));
    if (near.len == 0)
        return NULL;
    preset = rkb_preset_find(near);
    for (size_t i = 0; !preset && i < rkb_n_presets; i++)
        if (ends_with_part(rkb_presets[i].name, near))
            preset = &rkb_presets[i];
    return preset ? preset->name : NULL;
}

const struct rkb_known *rkb_known_find(const struct rkb_digest *grades)
{
    char hex[65];

    rkb_digest_hex(grades, hex);
    for (const struct rkb_known *k = rkb_knowns; k->hex; k++)
        if (strcmp(k->hex, hex) == 0)
            return k;
    return NULL;
}
