/* `flowzone zones`: commands that examine a zone file.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

static const fz_command *const commands[] = {&fz_zones_check, &fz_zones_explain, &fz_zones_apply, &fz_zones_suggest,
                                             &fz_zones_usage};

static int run(int argc, char **argv, GError **error)
{
    return fz_command_among(commands, G_N_ELEMENTS(commands),
                            "A zone file is CSV with one row per prefix: location,prefix,number,name", argc, argv,
                            error);
}

const fz_command fz_zones_command = {
    .name = "zones",
    .arguments = "check|explain|apply|suggest|usage ...",
    .summary = "Check a zone file, explain it, or label by it what is stored",
    .run = run,
};
