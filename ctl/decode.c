/* SPDX-License-Identifier: MIT */
/*
 * decode.c — the verb decode: the bits of a flow table's value, one by one.
 */
#include "ctl.h"

#include <string.h>

#include "bits.h"

/* NAME=VALUE into `out`. */
static int decode_one(struct tw_text *out, const char *word) {
    char name[32];
    const char *equals = strchr(word, '=');
    size_t len = equals != NULL ? (size_t)(equals - word) : 0;
    if (equals == NULL || len >= sizeof(name))
        return ctl_wrong_usage("decode", "needs NAME=VALUE, such as flowStat=0x0402000000004000");
    memcpy(name, word, len);
    name[len] = '\0';
    const struct tw_bits_field *field = tw_bits_find(name);
    uint64_t value;
    if (field == NULL) {
        ctl_complain("decode: \"%s\" is none of flowStat, tcpStatesAFlags, tcpWinStat", name);
        return CTL_USAGE;
    }
    if (!tw_bits_parse(field, equals + 1, &value)) {
        ctl_complain("decode: \"%s\" is no number of at most %u bits (0x and hexadecimal digits, or decimal)",
                     equals + 1, field->width);
        return CTL_USAGE;
    }
    tw_bits_explain(out, field, value);
    return CTL_OK;
}

int ctl_decode(int argc, char **argv) {
    struct tw_text out = TW_TEXT_INIT;
    int status = argc > 1 ? CTL_OK : ctl_wrong_usage("decode", "needs NAME=VALUE, such as tcpWinStat=0x07");
    for (int i = 1; i < argc && status == CTL_OK; i++)
        status = decode_one(&out, argv[i]);
    if (status == CTL_OK && !ctl_put(&out))
        status = CTL_TROUBLE;
    tw_text_fini(&out);
    return status;
}
