/* Any bytes into the reader of flow files: once as they are, once with a correct checksum, so that the code after its
 * check is reached. The writer must accept every record that is read.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "flowfile.h"
#include "write.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void record_check(const fz_record *record, const fz_zones *zones)
{
    if (record->start_us > record->end_us || record->zone[0] > zones->count || record->zone[1] > zones->count ||
        (record->family != FZ_IPV4 && record->family != FZ_IPV6))
        abort();
}

static void bytes_read(const void *bytes, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    fz_record records[16];
    fz_row_kind kind;
    ssize_t count = -1;
    g_autoptr(GError) error = NULL;
    if (fd < 0 || !fz_write_all(fd, bytes, size, NULL) || lseek(fd, 0, SEEK_SET) != 0)
        abort();
    fz_reader *reader = fz_reader_open(fd, "fuzz", &error);
    while (reader && (count = fz_reader_next(reader, &kind, records, G_N_ELEMENTS(records), &error)) > 0)
        for (ssize_t i = 0; i < count; i++)
            record_check(&records[i], fz_reader_zones(reader));
    if ((count < 0) != (error != NULL))
        abort();
    fz_reader_free(reader);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    g_log_set_always_fatal(G_LOG_LEVEL_MASK);
    bytes_read(bytes, size);
    if (size < sizeof(uint32_t))
        return 0;
    g_autofree uint8_t *sealed = g_memdup2(bytes, size);
    uint32_t checksum = GUINT32_TO_BE((uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes, size - sizeof checksum));
    memcpy(sealed + size - sizeof checksum, &checksum, sizeof checksum);
    bytes_read(sealed, size);
    return 0;
}
