/* Any bytes as the answer of a name server: what is made of them is a name that may be shown, or none; and kept within
 * its bounds. The first byte chooses the address that was asked for.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "ptr_answer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
    do {                   \
        if (!(condition))  \
            abort();       \
    } while (0)

static void require_answer(const fz_ptr_answer *answer)
{
    switch (answer->status) {
    case FZ_NAME_KNOWN:
        REQUIRE(fz_host_name_is_sound(answer->name));
        REQUIRE(answer->keep_s >= FZ_NAME_KEEP_LEAST_S && answer->keep_s <= FZ_NAME_KEEP_MOST_S);
        return;
    case FZ_NAME_NONE:
        REQUIRE(!*answer->name);
        REQUIRE(answer->keep_s >= FZ_NAME_NONE_LEAST_S && answer->keep_s <= FZ_NAME_NONE_MOST_S);
        return;
    case FZ_NAME_FAILED:
        REQUIRE(!*answer->name && answer->keep_s == FZ_NAME_FAILED_S);
        return;
    default:
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fz_addr addr;
    fz_ptr_answer answer, again;

    if (size == 0)
        return 0;
    REQUIRE(fz_addr_parse(data[0] & 1 ? "2001:db8::1" : "192.0.2.1", &addr));
    fz_ptr_answer_read(&addr, data + 1, size - 1, &answer);
    require_answer(&answer);
    fz_ptr_answer_read(&addr, data + 1, size - 1, &again);
    REQUIRE(memcmp(&answer, &again, sizeof answer) == 0);
    return 0;
}
