/* The sweep over captures: gaps and overlaps.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "sweep.h"

#include <string.h>

/* Where captures of a sensor have been seen up to. */
typedef struct sensor_seen {
    char *sensor;
    int64_t end_us;
} sensor_seen;

/* A location: its sensors, and the two of them whose captures go on for longest: one of these is always another sensor
 * than that of the next capture. */
typedef struct sensor_place {
    GHashTable *sensors; /* of sensor_seen, by sensor */
    const sensor_seen *longest, *second;
} sensor_place;

struct fz_sweep {
    GHashTable *places; /* of sensor_place, by location */
    bool any;
    int64_t end_us;  /* of all captures */
    double distance; /* between packets of the capture that ends there */
};

static void seen_free(void *data)
{
    sensor_seen *seen = data;

    g_free(seen->sensor);
    g_free(seen);
}

static void place_free(void *data)
{
    sensor_place *place = data;

    g_hash_table_unref(place->sensors);
    g_free(place);
}

fz_sweep *fz_sweep_new(void)
{
    fz_sweep *sweep = g_new0(fz_sweep, 1);

    sweep->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, place_free);
    return sweep;
}

void fz_sweep_free(fz_sweep *sweep)
{
    if (!sweep)
        return;
    g_hash_table_unref(sweep->places);
    g_free(sweep);
}

static sensor_place *place_of(fz_sweep *sweep, const char *location)
{
    sensor_place *found = g_hash_table_lookup(sweep->places, location);

    if (!found) {
        found = g_new0(sensor_place, 1);
        found->sensors = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, seen_free);
        g_hash_table_insert(sweep->places, g_strdup(location), found);
    }
    return found;
}

static double us_between(int64_t from_us, int64_t to_us)
{
    return (double)to_us - (double)from_us;
}

static double distance_of(const fz_sweep_capture *capture)
{
    return capture->frames > 1 ? us_between(capture->start_us, capture->end_us) / (double)(capture->frames - 1) : 0;
}

static void find_gap(fz_sweep *sweep, const fz_sweep_capture *capture, fz_sweep_finding *finding)
{
    double distance = distance_of(capture), least = MAX(sweep->distance, distance) * FZ_GAP_DISTANCES;

    if (sweep->any && capture->start_us > sweep->end_us) {
        finding->gap =
            us_between(sweep->end_us, capture->start_us) > MAX(least, (double)FZ_GAP_LEAST_S * G_USEC_PER_SEC);
        finding->stretch = (fz_gap){sweep->end_us, capture->start_us};
    }
    if (!sweep->any || capture->end_us >= sweep->end_us) {
        sweep->end_us = capture->end_us;
        sweep->distance = distance;
    }
    sweep->any = true;
}

/* Keeps the two that go on for longest, after `now` may go on for longer than it did. */
static void rank(sensor_place *place, const sensor_seen *now)
{
    if (place->longest == now)
        return;
    if (!place->longest || now->end_us > place->longest->end_us) {
        place->second = place->longest;
        place->longest = now;
    } else if (!place->second || now->end_us > place->second->end_us) {
        place->second = now;
    }
}

static void find_overlaps(fz_sweep *sweep, const fz_sweep_capture *capture, fz_sweep_finding *finding)
{
    sensor_place *place = place_of(sweep, capture->location);
    sensor_seen *own = g_hash_table_lookup(place->sensors, capture->sensor);

    if (own && *capture->sensor && own->end_us > capture->start_us) {
        finding->same = true;
        finding->same_to_us = MIN(own->end_us, capture->end_us);
    }
    if (!own) {
        own = g_new(sensor_seen, 1);
        *own = (sensor_seen){g_strdup(capture->sensor), capture->end_us};
        g_hash_table_insert(place->sensors, own->sensor, own);
    }
    const sensor_seen *other = place->longest == own ? place->second : place->longest;
    if (other && other->end_us > capture->start_us) {
        finding->other = other->sensor;
        finding->other_to_us = MIN(other->end_us, capture->end_us);
    }
    own->end_us = MAX(own->end_us, capture->end_us);
    rank(place, own);
}

fz_sweep_finding fz_sweep_next(fz_sweep *sweep, const fz_sweep_capture *capture)
{
    fz_sweep_finding finding = {0};

    find_gap(sweep, capture, &finding);
    find_overlaps(sweep, capture, &finding);
    return finding;
}
