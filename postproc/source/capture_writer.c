/* Writes pcapng through libwiretap, which knows how each link type looks in a file.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture_writer.h"

#include "capture_private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { INTERFACES_MAX = 4096 }; /* of one capture */

/* An interface of a capture, and its number in the section. */
typedef struct known_interface {
    uint32_t id;
    int encap;
    uint32_t number;
} known_interface;

struct fz_capture_writer {
    wtap_dumper *file;
    int fd;              /* where it writes */
    GArray *application; /* the section's head: who wrote it */
    GArray *known;       /* of known_interface, those of this capture */
    uint32_t interfaces; /* of the section */
};

static bool fail(int code, char *details, GError **error)
{
    return fz_capture_fail(code, details, error);
}

static GArray *head_of_section(void)
{
    GArray *heads = g_array_new(FALSE, FALSE, sizeof(wtap_block_t));
    wtap_block_t head = wtap_block_create(WTAP_BLOCK_SECTION);

    wtap_block_add_string_option_format(head, OPT_SHB_USERAPPL, "flowzone %s", FZ_VERSION);
    g_array_append_val(heads, head);
    return heads;
}

/* Libwiretap makes up an interface where there is none; where there are some and they are not to be copied, it doesn't.
 */
static wtapng_iface_descriptions_t not_copied(void)
{
    const wtapng_iface_descriptions_t some = {.interface_data = g_array_new(FALSE, FALSE, sizeof(wtap_block_t))};
    wtap_block_t one = wtap_block_create(WTAP_BLOCK_IF_ID_AND_INFO);

    g_array_append_val(some.interface_data, one);
    return some;
}

static bool add_interface(fz_capture_writer *writer, int encap, const char *name, const char *description,
                          GError **error)
{
    wtap_block_t block = wtap_block_create(WTAP_BLOCK_IF_ID_AND_INFO);
    wtapng_if_descr_mandatory_t *about = wtap_block_get_mandatory_data(block);
    char *details = NULL;
    int code = 0;

    about->wtap_encap = encap;
    about->time_units_per_second = 1000000000;
    about->tsprecision = WTAP_TSPREC_NSEC;
    wtap_block_add_uint8_option(block, OPT_IDB_TSRESOL, WTAP_TSPREC_NSEC);
    if (name)
        wtap_block_add_string_option_format(block, OPT_IDB_NAME, "%s", name);
    if (description)
        wtap_block_add_string_option_format(block, OPT_IDB_DESCRIPTION, "%s", description);
    const bool done = wtap_dump_add_idb(writer->file, block, &code, &details);
    wtap_block_unref(block);
    return done || fail(code, details, error);
}

/* Those that earlier writers have written are written into nowhere. */
static bool skip_interfaces(fz_capture_writer *writer, int to, GError **error)
{
    int code = 0;

    for (uint32_t i = 0; i < writer->interfaces; i++)
        if (!add_interface(writer, WTAP_ENCAP_ETHERNET, NULL, NULL, error))
            return false;
    if (!wtap_dump_flush(writer->file, &code) || dup2(to, writer->fd) != writer->fd)
        return fail(code ? code : errno, NULL, error);
    return true;
}

fz_capture_writer *fz_capture_writer_new(int fd, bool begun, uint32_t interfaces, GError **error)
{
    fz_capture_writer *writer = g_new0(fz_capture_writer, 1);
    char *details = NULL;
    int code = 0;

    writer->application = head_of_section();
    writer->known = g_array_new(FALSE, FALSE, sizeof(known_interface));
    writer->interfaces = begun ? interfaces : 0;
    wtapng_iface_descriptions_t some = not_copied();
    const wtap_dump_params parameters = {.encap = WTAP_ENCAP_PER_PACKET,
                                         .tsprec = WTAP_TSPREC_NSEC,
                                         .shb_hdrs = writer->application,
                                         .idb_inf = &some,
                                         .dont_copy_idbs = TRUE};
    const int into = begun ? open("/dev/null", O_WRONLY | O_CLOEXEC) : fd;
    writer->fd = into;
    if (into >= 0)
        writer->file =
            wtap_dump_fdopen(into, wtap_pcapng_file_type_subtype(), WTAP_UNCOMPRESSED, &parameters, &code, &details);
    wtap_block_array_free(some.interface_data);
    bool done = writer->file ? !begun || skip_interfaces(writer, fd, error) : fail(code ? code : errno, details, error);
    if (begun)
        close(fd);
    if (done)
        return writer;
    if (writer->file)
        fz_capture_writer_close(writer, NULL);
    return NULL;
}

/* The name that the capture has for an interface; NULL: none. */
static const char *name_of(const wtapng_iface_descriptions_t *interfaces, uint32_t id)
{
    char *name = NULL;

    if (id >= interfaces->interface_data->len ||
        wtap_block_get_string_option_value(g_array_index(interfaces->interface_data, wtap_block_t, id), OPT_IDB_NAME,
                                           &name) != WTAP_OPTTYPE_SUCCESS)
        return NULL;
    return name;
}

static bool add_new(fz_capture_writer *writer, fz_capture *capture, known_interface *new, const char *description,
                    GError **error)
{
    if (writer->known->len >= INTERFACES_MAX) {
        g_set_error(error, FZ_CAPTURE_ERROR, FZ_CAPTURE_ERROR_OTHER, "has more than %d interfaces", INTERFACES_MAX);
        return false;
    }
    if (!wtap_dump_can_write_encap(wtap_pcapng_file_type_subtype(), new->encap)) {
        g_set_error(error, FZ_CAPTURE_ERROR, FZ_CAPTURE_ERROR_OTHER,
                    "has frames of a link type that pcapng has no number for: %s", wtap_encap_name(new->encap));
        return false;
    }
    wtapng_iface_descriptions_t *interfaces = wtap_file_get_idb_info(capture->file);
    const bool done = add_interface(writer, new->encap, name_of(interfaces, new->id), description, error);
    g_free(interfaces);
    new->number = writer->interfaces++;
    g_array_append_val(writer->known, *new);
    return done;
}

/* The number of a frame's interface in the section, which is written before the first frame of it. */
static bool find_interface(fz_capture_writer *writer, fz_capture *capture, const char *description, uint32_t *number,
                           GError **error)
{
    const wtap_packet_header *header = &capture->record.rec_header.packet_header;
    known_interface wanted = {
        .id = capture->record.presence_flags & WTAP_HAS_INTERFACE_ID ? header->interface_id : 0,
        .encap = header->pkt_encap,
    };

    for (guint i = 0; i < writer->known->len; i++) {
        const known_interface *known = &g_array_index(writer->known, known_interface, i);

        if (known->id == wanted.id && known->encap == wanted.encap) {
            *number = known->number;
            return true;
        }
    }
    const bool done = add_new(writer, capture, &wanted, description, error);
    *number = wanted.number;
    return done;
}

int fz_capture_writer_descriptor(const fz_capture_writer *writer)
{
    return writer->fd;
}

bool fz_capture_writer_add(fz_capture_writer *writer, fz_capture *capture, const char *name, GError **error)
{
    wtap_rec record = capture->record; /* shares what it points to */
    char *details = NULL;
    int code = 0;
    uint32_t number;

    if (!find_interface(writer, capture, name, &number, error))
        return false;
    record.presence_flags |= WTAP_HAS_INTERFACE_ID;
    record.rec_header.packet_header.interface_id = number;
#if WIRESHARK >= 406
    const bool done = wtap_dump(writer->file, &record, &code, &details);
#else
    const bool done = wtap_dump(writer->file, &record, ws_buffer_start_ptr(&capture->bytes), &code, &details);
#endif
    return done || fail(code, details, error);
}

uint32_t fz_capture_writer_interfaces(const fz_capture_writer *writer)
{
    return writer->interfaces;
}

bool fz_capture_writer_close(fz_capture_writer *writer, GError **error)
{
    char *details = NULL;
    int code = 0;
    const bool done = wtap_dump_close(writer->file, NULL, &code, &details) || fail(code, details, error);

    wtap_block_array_free(writer->application);
    g_array_free(writer->known, TRUE);
    g_free(writer);
    return done;
}
