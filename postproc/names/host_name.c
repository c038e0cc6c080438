/* The one rule for names that are shown, and addresses as keys.
 * SPDX-License-Identifier: GPL-2.0-or-later */
#include "host_name.h"

#include <string.h>

enum { LABEL_MAX = 63 };

static bool is_in_label(char byte)
{
    return g_ascii_isalnum(byte) || byte == '-' || byte == '_';
}

/* The length of the label that a text begins with; 0: there is none. */
static size_t measure_label(const char *bytes, size_t size)
{
    size_t length = 0;

    while (length < size && is_in_label(bytes[length]))
        length++;
    return length <= LABEL_MAX ? length : 0;
}

bool fz_host_name_take(const char *bytes, size_t size, char name[FZ_HOST_NAME_SIZE])
{
    size_t last = 0;

    if (size > 0 && bytes[size - 1] == '.')
        size--;
    if (size == 0 || size >= FZ_HOST_NAME_SIZE || bytes[0] == '-')
        return false;
    for (size_t at = 0; at < size;) {
        size_t length = measure_label(bytes + at, size - at);

        if (length == 0 || (at + length < size && (bytes[at + length] != '.' || at + length + 1 == size)))
            return false;
        last = at;
        at += length + 1;
    }
    if (!g_ascii_isalpha(bytes[last]))
        return false;
    for (size_t i = 0; i < size; i++)
        name[i] = g_ascii_tolower(bytes[i]);
    name[size] = '\0';
    return true;
}

bool fz_host_name_is_sound(const char name[FZ_HOST_NAME_SIZE])
{
    char again[FZ_HOST_NAME_SIZE];
    const size_t size = strnlen(name, FZ_HOST_NAME_SIZE);

    return size < FZ_HOST_NAME_SIZE && fz_host_name_take(name, size, again) && strcmp(name, again) == 0;
}

guint fz_addr_hash(gconstpointer addr)
{
    const fz_addr *key = addr;
    guint hash = key->family;

    for (size_t i = 0; i < sizeof key->bytes; i++)
        hash = hash * 31 + key->bytes[i];
    return hash;
}

gboolean fz_addr_equal(gconstpointer a, gconstpointer b)
{
    return fz_addr_compare(a, b) == 0;
}

bool fz_addr_is_sound(const fz_addr *addr)
{
    if (addr->family == FZ_IPV6)
        return true;
    for (size_t i = fz_family_bits(FZ_IPV4) / 8; i < sizeof addr->bytes; i++)
        if (addr->bytes[i] != 0)
            return false;
    return addr->family == FZ_IPV4;
}
