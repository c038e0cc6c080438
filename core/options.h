/* The options of a run: one table for `-z flowzone,key=value...` and for `flowzone scan --key value`.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef FZ_OPTIONS_H
#define FZ_OPTIONS_H

#include "flow.h"
#include "sink.h"
#include "zone.h"

#define FZ_OPTIONS_ERROR (fz_options_error_quark())
GQuark fz_options_error_quark(void);
typedef enum fz_options_error { FZ_OPTIONS_ERROR_UNKNOWN, FZ_OPTIONS_ERROR_VALUE } fz_options_error;

/* Zero is "nothing given"; strings are NULL if not given. The caller frees with fz_options_clear. */
typedef struct fz_options {
    char *out;               /* PATH, "fd:N" or "-"; NULL: standard output */
    int out_fd;              /* where `out` is open already, borrowed; 0: it is not */
    const fz_format *format; /* never NULL after fz_options_finish */
    char *zones;             /* path of the zone file */
    fz_zone_table *table; /* zones that need no file, taken over; they take precedence over `zones`. Never NULL without
                             `zones` after fz_options_finish */
    char *location, *sensor;
    char *source; /* the name of a file: bytes; fz_text_name is what rows have */
    char *folder; /* where that file is: an absolute path, bytes; NULL: not known, too long: not kept */
    char *filter; /* display filter */
    fz_key_kind key;
    fz_layers layers;
    uint32_t interval_s; /* 0: none */
    uint64_t max_flows;  /* 0: no limit */
    bool vlan, lean, jail;
    unsigned rows;  /* FZ_KIND of conversations, of packets, or of both; never 0 after fz_options_finish */
    uint32_t given; /* bit i: row i of fz_option_table was set */
} fz_options;

/* One option. `set` gets a value that is not empty, or NULL if the option is a flag. */
typedef struct fz_option {
    const char *name;
    const char *value; /* placeholder for help, as "FILE"; NULL: a flag */
    const char *help;
    bool (*set)(fz_options *options, const char *value, GError **error);
    bool tap_only; /* not an option of `flowzone scan` */
} fz_option;

extern const fz_option fz_option_table[];
extern const size_t fz_option_count;

/* Sets one option by its row. Refuses repeats, missing and superfluous values: "key: given twice". */
bool fz_options_set(fz_options *options, const fz_option *option, const char *value, GError **error);

/* Reads what follows "flowzone" in a -z argument: "" or ",part,part...". A part that is the name of an option, alone or
 * followed by '=', is that option; a value that begins with a quote goes to the closing one, and holds commas and
 * doubled quotes; after rows=, flows and packets may follow a comma. A bare word with a single '=' that is not an
 * option is refused. Anything else begins the display filter, which takes all the rest, commas included. */
bool fz_options_parse(fz_options *options, const char *text, GError **error);

/* Any value in the quoted form that fz_options_parse reads. The caller frees. */
char *fz_options_quote(const char *value);

/* The checks that need all options together, and what holds where nothing was given: the format, the rows, and the
 * built-in zones. */
bool fz_options_finish(fz_options *options, GError **error);

/* For several captures: reads `zones` into `table`, so that the file is read once, and its faults are told once. False
 * with `error`, that of fz_zone_table_read. `warn` may be NULL. */
bool fz_options_read_zones(fz_options *options, fz_zone_warning warn, void *user, GError **error);

void fz_options_clear(fz_options *options);

#endif
